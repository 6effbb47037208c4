"""What can be told of two folders before anything is scored."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from diffrendergan.evaluation.folders.plan import FolderOptions, check_pairs, plan_folders
from diffrendergan.evaluation.folders.scores import score_folders


@pytest.fixture
def folders(tmp_path):
    for name in ("pred", "gt"):
        (tmp_path / name).mkdir()
    return tmp_path / "pred", tmp_path / "gt"


def labels(rows=30, columns=40):
    image = np.zeros((rows, columns), np.uint16)
    image[2:12, 2:12], image[15:25, 15:25] = 3, 7
    return image


KINDS = {"pred_kind": "instances", "gt_kind": "instances"}


@pytest.mark.parametrize("kinds", [{}, KINDS])
@pytest.mark.parametrize("crop", [False, True])
def test_a_check_finds_what_scoring_would_find(folders, kinds, crop):
    """Whether or not the kinds are guessed, for which files are read already."""
    for name in ("good", "broken", "wide", "bar", "annotated bar", "tall", "scale"):
        for folder in folders:
            np.save(folder / f"{name}.npy", labels())
    (folders[0] / "broken.npy").write_bytes(b"no array")
    np.save(folders[1] / "wide.npy", labels(columns=41))
    np.save(folders[1] / "bar.npy", labels(rows=33))
    np.save(folders[1] / "annotated bar.npy", np.pad(labels(), ((0, 3), (0, 0)), constant_values=7))
    np.save(folders[1] / "tall.npy", labels(rows=90))
    for folder, size_nm in zip(folders, (2.0, 3.0), strict=True):
        (folder / "scale.npy").unlink()
        resolution = (1e7 / size_nm, 1e7 / size_nm)
        tifffile.imwrite(folder / "scale.tif", labels(), resolution=resolution, resolutionunit="CENTIMETER")
    options = FolderOptions(crop_data_bar=crop, **kinds)
    plan = plan_folders(*folders, options)
    found = check_pairs(plan, options)
    assert set(found) == {"broken", "wide", "tall", "scale"} | (set() if crop else {"annotated bar"})
    assert found == score_folders(*folders, options, plan).failures
