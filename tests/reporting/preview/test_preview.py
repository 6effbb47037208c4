from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diffrendergan.calibration.compare import distances, total
from diffrendergan.calibration.finding import Thresholds
from diffrendergan.calibration.look import Levels
from diffrendergan.calibration.measure import PatchStatistics
from diffrendergan.calibration.real import RealPatches
from diffrendergan.calibration.rules import RULES
from diffrendergan.calibration.trial import Outcome
from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.config.project import Project
from diffrendergan.detection import grey_levels
from diffrendergan.detection.scale import ParticleScale
from diffrendergan.reporting.preview.preview import Preview, differences, summary, told_length, verdict
from diffrendergan.reporting.preview.preview_sheet import draw_preview, write_preview
from diffrendergan.reporting.preview.preview_words import explain, fields_of

SIZE, PATCHES = 48, 8


def statistics(diameter: float, count: int = 10, covered: float = 0.25) -> PatchStatistics:
    rng = np.random.default_rng(1)
    some = rng.normal(1, 0.1, PATCHES * count)
    return PatchStatistics(
        covered=np.full(PATCHES, covered) + 0.01 * rng.normal(size=PATCHES),
        counts=np.full(PATCHES, float(count)),
        diameters=diameter * some,
        thicknesses=10 * some,
        elongations=1.3 * some,
        solidities=0.9 + 0 * some,
        nearest=15 * some,
        pairs=30 * some,
        spectrum=np.ones((PATCHES, RULES.spectrum_bins)),
    )


LEVEL = grey_levels.Levels(0.4, 0.2, 0.4, clear=True)


def preview(drawn: PatchStatistics, nm: float | None = 2.0, patches: int = PATCHES, dark: bool = False) -> Preview:
    rng = np.random.default_rng(0)
    images = tuple(rng.random((SIZE, SIZE), np.float32) for _ in range(patches))
    labels = np.zeros((SIZE, SIZE), np.int32)
    labels[: SIZE // 4] = 1
    shown = statistics(12)
    finder = Thresholds(ParticleScale(12, 0.5), dark, LEVEL)
    real = RealPatches(images, finder, Levels(0.2, 0.6), (shown,), 1.0, nm)
    parts = distances(shown, drawn)
    return Preview(Project(name="toy"), real, Outcome(drawn, parts, total(parts), list(images), [labels] * patches))


def test_alike_sets_are_called_alike() -> None:
    made = preview(statistics(12))
    assert differences(made) == []
    assert verdict(made) == [
        "Sizes, numbers and places of particles in arrangements are much like those in real patches."
    ]


def test_the_largest_difference_comes_first_with_its_field() -> None:
    first, *others = differences(preview(statistics(18)))
    assert first.statistic == "diameters" and others == []
    assert first.words.startswith("particles are larger (") and "nm against" in first.words
    assert first.fields == ("arrangement.unit", "arrangement.size")


def test_numbers_are_told_in_the_unit_of_the_scans() -> None:
    rows = {row.name: (row.real, row.drawn) for row in summary(preview(statistics(18)))}
    assert rows["median diameter"][0].endswith(" nm")
    rows = {row.name: (row.real, row.drawn) for row in summary(preview(statistics(18), nm=None))}
    assert rows["median diameter"][1].endswith(" px")
    assert rows["patches"] == ("8", "8")
    assert [told_length(*given) for given in ((None, 1.0, "px"), (1234.0, 1.0, "nm"), (3000.0, 5.0, "nm"))] == [
        "–", "1234 nm", "15 µm",
    ]  # fmt: skip


def test_few_patches_and_unrecognised_particles_are_told() -> None:
    (few, *_) = verdict(preview(statistics(12), patches=1))
    assert few.startswith("Only one real patch") and "data.min_full_particles" in few
    (misread,) = verdict(preview(statistics(12, covered=0.02)))
    assert "cover 25 % of arrangements, but 2 % was recognised" in misread


@pytest.mark.parametrize("name", RULES.weights)
def test_every_statistic_has_words_and_existing_fields(name: str) -> None:
    project = Project()
    rng = np.random.default_rng(0)
    real = rng.normal(10, 2, 50)
    for drawn in (real + 5, real - 5, 10 + 2 * (real - 10), np.zeros(0)):
        told = explain(name, 1.0, real, drawn, project, lambda length: f"{length:.3g} px")
        assert told.words and told.words[0].islower()
        for field in told.fields:
            section, key = field.split(".")
            assert key in type(getattr(project, section)).model_fields


def test_fields_are_those_that_a_project_uses() -> None:
    def with_(**values: object) -> Project:
        return Project(arrangement=ArrangementConfig.model_validate(values))

    assert fields_of("counts", with_()) == ("particles.count",)
    assert fields_of("counts", with_(number=(3, 9)))[0] == "arrangement.number"
    assert fields_of("diameters", with_(size_in="nm")) == ("arrangement.size",)
    assert fields_of("diameters", with_(), alike=True) == ("arrangement.size",)
    assert fields_of("pairs", with_(placement="random")) == ("arrangement.limit",)
    assert "arrangement.limit" not in fields_of("pairs", with_(placement="wires"))


@pytest.mark.parametrize(("nm", "unit"), [(2.0, "diameter [nm]"), (None, "diameter [px]; the pixel size is unknown")])
def test_the_sheet_has_both_rows_and_says_its_unit(nm: float | None, unit: str) -> None:
    figure = draw_preview(preview(statistics(14), nm))
    tiles = [axes for axes in figure.axes if axes.images]
    assert len(tiles) == 12
    assert len({image.get_clim() for axes in tiles for image in axes.images}) == 1  # one grey scale
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert any(label.startswith(unit) for label in labels)


def test_nothing_whole_on_one_side_or_both_is_drawn(tmp_path: Path) -> None:
    none = replace(statistics(12), diameters=np.zeros(0))
    made = preview(none, patches=2)
    assert any("show no diameters" in line for line in verdict(made))
    write_preview(tmp_path / "a.png", made)
    write_preview(tmp_path / "b.png", replace(made, real=replace(made.real, each=(none,))))
    for path in tmp_path.iterdir():
        with Image.open(path) as picture:
            assert picture.size[0] > 1000 and picture.convert("L").getpixel((2, 2)) == 255
