"""Predictions in this process, and those that nnU-Net wrote."""

from __future__ import annotations

import json
import os
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.image_files.writing import write_png
from diffrendergan.segmentation.nnunet.folders import MODEL
from diffrendergan.segmentation.nnunet.prediction import NnunetSegmenter, load_nnunet
from diffrendergan.segmentation.nnunet.probabilities import read_probabilities
from diffrendergan.segmentation.protocol import Averaging
from diffrendergan.synthesis.nnunet import nnunet_grey

pytestmark = pytest.mark.timeout(900)  # the first test waits for the training


@pytest.mark.parametrize("shape", [(64, 64), (90, 77), (40, 100)])
def test_probabilities_of_any_image(trained, shape):
    segmenter, info = load_nnunet(trained["path"], 0.5)
    pixels = np.random.default_rng(0).random(shape, np.float32)
    prediction = segmenter.predict(pixels)
    assert prediction.distance is None
    assert prediction.classes.shape == (3, *shape) and prediction.classes.dtype == np.float32
    np.testing.assert_allclose(prediction.classes.sum(axis=0), 1, atol=1e-5)
    assert info.pixel_size_nm == 5.0 and info.trained_on == "synthetic"
    with pytest.raises(ValueError, match="shape"):
        segmenter.predict(pixels[None])


def test_this_process_is_left_as_it_was(trained, capsys):
    before = dict(os.environ), torch.get_rng_state(), torch.get_num_threads(), "matplotlib.pyplot" in sys.modules
    segmenter, _ = load_nnunet(trained["path"], 1.0)
    segmenter.predict(np.zeros((64, 64), np.float32))
    assert dict(os.environ) == before[0] and torch.equal(torch.get_rng_state(), before[1])
    assert torch.get_num_threads() == before[2] and ("matplotlib.pyplot" in sys.modules) == before[3]
    assert capsys.readouterr().out == ""


def test_nnunets_own_files_hold_the_same(trained, disks, tmp_path, capsys):
    """nnU-Net's predictor, set up from the folder its own way, writes the probabilities that ours returns."""
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    images, out = tmp_path / "images", tmp_path / "out"
    out.mkdir()
    pixels = disks(50, 80).pixels[:, :72]
    write_png(images / "scan_0000.png", nnunet_grey(pixels))
    predictor = nnUNetPredictor(0.5, device=torch.device("cpu"), allow_tqdm=False)
    model = trained["path"].parent / "nnUNet_results" / "Dataset001_synthetic" / MODEL
    predictor.initialize_from_trained_model_folder(str(model), (0, 3))
    predictor.predict_from_files_sequential([[str(images / "scan_0000.png")]], str(out), save_probabilities=True)
    read = read_probabilities(out, "scan")
    ours = load_nnunet(trained["path"], 0.5)[0].predict(pixels)
    np.testing.assert_allclose(read.classes, ours.classes, atol=1e-6)


def test_a_broken_network_is_named(trained, tmp_path):
    copy = shutil.copytree(trained["path"].parent, tmp_path / "copy")
    final = next(copy.rglob("fold_3/checkpoint_final.pth"))
    final.write_bytes(final.read_bytes()[:1000])
    with pytest.raises(RunFolderError, match=r"fold_3/checkpoint_final\.pth is missing or broken"):
        load_nnunet(copy / "nnunet.json", 0.5)
    (copy / "nnunet.json").write_text("{}")
    with pytest.raises(RunFolderError, match=r"nnunet\.json is broken"):
        load_nnunet(copy / "nnunet.json", 0.5)


def test_code_in_a_checkpoint_is_not_run(trained, tmp_path):
    copy = shutil.copytree(trained["path"].parent, tmp_path / "copy")
    final = next(copy.rglob("fold_0/checkpoint_final.pth"))
    torch.save({"network_weights": Evil()}, final)
    with pytest.raises(RunFolderError, match="missing or broken"):
        load_nnunet(copy / "nnunet.json", 0.5)
    assert not (tmp_path / "evil").exists()


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("evil",))


def some_probabilities(shape=(3, 1, 5, 7)):
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    return values / values.sum(axis=0)


def write_npz(folder, values, **arrays):
    np.savez_compressed(folder / "scan.npz", **(arrays or {"probabilities": values}))


@pytest.mark.parametrize("shape", [(3, 1, 5, 7), (3, 5, 7), (3, 5, 1, 7), (3, 1, 1, 7)])
def test_the_single_slice_is_found(tmp_path, shape):
    values = some_probabilities(shape)
    write_npz(tmp_path, values)
    classes = read_probabilities(tmp_path, "scan").classes
    assert classes.ndim == 3
    np.testing.assert_allclose(classes.ravel(), values.ravel(), atol=1e-6)


def test_half_precision_sums_to_one(tmp_path):
    write_npz(tmp_path, some_probabilities().astype(np.float16))
    np.testing.assert_allclose(read_probabilities(tmp_path, "scan").classes.sum(axis=0), 1, atol=1e-6)


def test_classes_are_found_by_name(tmp_path):
    values = some_probabilities()
    write_npz(tmp_path, values)
    labels = {"contour": 1, "background": 0, "particle": 2}
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": labels}))
    np.testing.assert_allclose(read_probabilities(tmp_path, "scan").classes, values[[0, 2, 1], 0], atol=1e-6)
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "cell": 1, "edge": 2}}))
    with pytest.raises(DataError, match=r"dataset\.json .*does not name the classes"):
        read_probabilities(tmp_path, "scan")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (some_probabilities((2, 1, 5, 7)), "probabilities of 3 classes"),
        (some_probabilities((3, 4, 5, 7)), "in a plane"),
        (2 * some_probabilities(), "no probabilities"),
        (np.full((3, 1, 5, 7), np.nan, np.float32), "no probabilities"),
    ],
)
def test_what_are_no_probabilities(tmp_path, values, message):
    write_npz(tmp_path, values)
    with pytest.raises(DataError, match=message) as caught:
        read_probabilities(tmp_path, "scan")
    assert "scan.npz" in str(caught.value)


def test_missing_and_foreign_files(tmp_path):
    with pytest.raises(DataError, match=r"scan\.npz is missing"):
        read_probabilities(tmp_path, "scan")
    write_npz(tmp_path, None, softmax=some_probabilities())
    with pytest.raises(DataError, match="holds no probabilities"):
        read_probabilities(tmp_path, "scan")


def test_networks_can_look_once():
    predictor = SimpleNamespace(use_mirroring=True, networks=["one"])
    once = NnunetSegmenter(predictor).once()
    assert predictor.use_mirroring and not once.predictor.use_mirroring
    assert once.predictor.networks is predictor.networks and isinstance(once, Averaging)
