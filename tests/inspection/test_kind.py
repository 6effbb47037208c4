"""The kind of image in what `init` finds and writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.fixtures.scans import draw_discs, grid_of_discs, to_8_bit

from diffrendergan.image_files.metadata import StatedKind
from diffrendergan.inspection.folder import initial_config, inspect_folder
from diffrendergan.inspection.kind import KindFound, stated_kind
from diffrendergan.inspection.picture import write_measured_picture
from diffrendergan.inspection.values import described
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.reporter import SilentReporter


class Says:
    """A judge that has made up its mind, and remembers what it was shown."""

    def __init__(self, found: KindFound) -> None:
        self.found = found
        self.shown: list[tuple[str, int]] = []

    def __call__(self, scans: Sequence[Micrograph], labels: Sequence[np.ndarray]) -> KindFound:
        self.shown = [(scan.name, int(each.max())) for scan, each in zip(scans, labels, strict=True)]
        return self.found


def folder_of(path: Path, discs: bool = True, text: str = "") -> Path:
    images = path / "images"
    images.mkdir()
    for number in range(2):
        drawn = grid_of_discs((300, 300), 50, 10, 2, number) if discs else []
        tifffile.imwrite(images / f"{number}.tif", to_8_bit(draw_discs((300, 300), drawn, number)))
        if text:
            (images / f"{number}.txt").write_text(text)
    return images


def test_it_stands_first_in_what_is_told(tmp_path):
    images = folder_of(tmp_path)
    judge = Says(KindFound("height", 0.91, "by their look: height 91%", False, (), 2))
    found = inspect_folder(images, judge_kind=judge)
    assert judge.shown == [("0", 36), ("1", 36)]
    assert found.kind == judge.found and found.estimate is not None
    first = described(found.estimate, None)[0]
    assert (first.name, first.value, first.confidence) == ("image", "height", 0.91)
    text = initial_config(found, images)
    assert "image      height (confidence 0.9)" in text and "by their look: height 91%" in text
    assert "inverted" not in text
    write_measured_picture(tmp_path / "a.png", found)
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_particles_that_a_kind_cannot_show_are_pointed_out(tmp_path):
    images = folder_of(tmp_path)
    judge = Says(KindFound("transmission, bright field", 0.9, "by their look", True, (), 2))
    text = initial_config(inspect_folder(images, judge_kind=judge), images)
    assert "foreground: bright" in text
    assert "in images of transmission, bright field, particles are dark, unless grey values are" in text


def test_strange_scans_are_said_and_written(tmp_path, monkeypatch):
    lines: list[str] = []
    reporter = SilentReporter()
    monkeypatch.setattr(reporter, "note", lines.append, raising=False)
    images = folder_of(tmp_path)
    found = inspect_folder(images, reporter, judge_kind=Says(KindFound("cannot tell", 0.3, "", None, ("0", "1"), 2)))
    assert any("like nothing that the generalist was taught" in line for line in lines)
    assert "LOOK AT THIS: 2 of 2 scans" in initial_config(found, images)


def test_scans_without_particles_are_judged_too(tmp_path):
    images = folder_of(tmp_path, discs=False)
    judge = Says(KindFound("cannot tell", 0.0, "no particles were found", None, (), 2))
    found = inspect_folder(images, judge_kind=judge)
    assert judge.shown == [("0", 0), ("1", 0)] and found.estimate is None and found.kind == judge.found


def test_files_tell_it_without_any_judge(tmp_path):
    images = folder_of(tmp_path, text="$CM_SIGNAL SEI\n")
    found = inspect_folder(images)
    assert found.kind is not None and found.kind.words == "secondary electrons"
    assert "said by the file: JEOL's lines in 0.txt (SEI)" in initial_config(found, images)
    (tmp_path / "other").mkdir()
    assert inspect_folder(folder_of(tmp_path / "other")).kind is None


@pytest.mark.parametrize(("kind", "dark"), [("transmission, bright field", True), ("height", False)])
def test_files_say_what_grey_values_do_not(kind, dark):
    scan = Micrograph("a", np.zeros((8, 8), np.float32), None, Path("a.tif"), 8, kind=StatedKind(kind, "the file"))
    found = stated_kind([scan, scan])
    assert found is not None and found.words == kind and found.dark is dark
    assert stated_kind([scan, replace(scan, kind=None)]) is None
    assert stated_kind([scan, replace(scan, kind=StatedKind("secondary electrons", "x"))]) is None
