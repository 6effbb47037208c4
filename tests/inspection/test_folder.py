from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.fixtures.scans import add_bar, draw_discs, grid_of_discs, to_8_bit

from diffrendergan.config.load import load_project, with_case
from diffrendergan.config.merge import merged
from diffrendergan.config.presets import Case
from diffrendergan.config.project import Project
from diffrendergan.config.yaml_text import parse_yaml
from diffrendergan.detection.foreground import find_particles
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.inspection.folder import initial_config, inspect_folder
from diffrendergan.inspection.nearest import nearest_preset


def fill(folder: Path, radius: float, pitch: int, dark: bool = False, bar: int = 0) -> Path:
    images = folder / "images"
    images.mkdir()
    for index in range(3):
        scan = to_8_bit(draw_discs((300, 300), grid_of_discs((300, 300), pitch, radius, 2, index), index))
        scan = 255 - scan if dark else scan
        tifffile.imwrite(
            images / f"scan_{index}.tif",
            add_bar(scan, bar, 0, 250) if bar else scan,
            resolution=(2e6, 2e6),
            resolutionunit="CENTIMETER",
        )
    return images


@pytest.fixture(scope="module", params=[False, True])
def with_bar(request, tmp_path_factory):
    """A folder of bright or dark discs above a data bar, with masks beside it, and what was found in it."""
    images = fill(tmp_path_factory.mktemp("bar"), 10, 50, request.param, bar=24)
    masks = images.with_name("masks")
    masks.mkdir()
    for index in range(3):
        Image.fromarray(np.zeros((300, 300), np.uint8)).save(masks / f"scan_{index}_m.png")
    return request.param, images, inspect_folder(images)


def test_what_a_folder_of_discs_tells(with_bar):
    dark, _, inspection = with_bar
    assert inspection.foreground == ("dark" if dark else "bright") and inspection.foreground_clear
    assert inspection.pixel_size_nm == pytest.approx(5.0)
    assert inspection.diameter_px == pytest.approx(20, rel=0.1)
    assert inspection.diameter_nm == pytest.approx(100, rel=0.1)
    assert inspection.coverage == pytest.approx(np.pi * 100 / 2500, rel=0.2)
    assert inspection.estimate is not None and inspection.estimate.family == "sphere"
    assert inspection.estimate.morphology.value == "compact" and inspection.estimate.placement.value == "random"
    scan = inspection.scans[0]
    assert (scan.height, scan.width, scan.data_bar_rows, scan.bit_depth) == (300, 300, 24, 8)
    assert scan.particles == 36


def test_the_search_may_know_better_what_is_dark(tmp_path):
    """Gaps between crowded bright particles are a dark tail, as sparse dark particles are."""
    images = fill(tmp_path, 10, 50, dark=True)
    told = inspect_folder(images, search=lambda scans, dark, reporter: find_particles(scans, False, reporter))
    assert (told.foreground, told.foreground_clear) == ("bright", False)


def test_crowded_discs_are_the_thicker_phase(tmp_path):
    inspection = inspect_folder(fill(tmp_path, 22, 50))
    assert inspection.foreground == "bright"


def checked(text: str) -> Project:
    values = parse_yaml(text, "test")
    looks = with_case(Project().model_dump(mode="json"), Case(), values.pop("look"), Path())
    return Project.model_validate(merged(looks, values))


def test_configuration_is_valid_and_says_what_was_measured(with_bar):
    dark, images, inspection = with_bar
    output = images.with_name("project.yaml")
    text = initial_config(inspection, images, output)
    project = checked(text)
    assert project.data.foreground == ("dark" if dark else "bright") and project.data.images == Path("images")
    assert project.data.masks == Path("masks") and project.data.mask_suffix == "_m"
    assert project.name == images.parent.name
    output.write_text(text)
    assert load_project(output).data.images == images
    assert "5 nm" in text and "24 rows" in text and "sio2-him" in text and "round" in text
    assert all(len(line) <= 120 for line in text.splitlines())
    # Sizes are measured ones, so that the preset's size factors do not matter.
    assert inspection.diameter_px is not None
    assert project.arrangement.unit == pytest.approx(inspection.diameter_px / 2 / 58.64, rel=0.01)
    assert project.arrangement.size_in == "nm" and project.run == Path("run")
    assert project.arrangement.number is not None and project.arrangement.number[1] <= project.particles.count


@pytest.fixture(scope="module")
def discs(tmp_path_factory):
    """A folder of bright discs, and what was found in it by somebody who knows another scale than the files."""
    images = fill(tmp_path_factory.mktemp("discs"), 10, 50)
    return images, inspect_folder(images, pixel_size_nm=8.0)


def test_a_pixel_size_that_is_given_holds_for_all_lengths(discs):
    images, inspection = discs
    assert inspection.diameter_nm == pytest.approx(8 * inspection.diameter_px)
    data = checked(text := initial_config(inspection, images)).data
    assert data.pixel_size_nm == 8 and "as given, whatever the files say" in text


@pytest.mark.parametrize("preset", ["tio2-sem", "tio2-him", "sio2-him", "agnw-sem"])
def test_a_preset_can_be_asked_for(discs, preset):
    images, inspection = discs
    project = checked(initial_config(inspection, images, preset=preset))
    assert project.rendering.stage.base_color == load_project(None, preset).rendering.stage.base_color
    assert project.particles.shape.family == "sphere" and project.particles.deform == ()
    assert inspection.diameter_px is not None
    assert project.arrangement.unit == pytest.approx(inspection.diameter_px / 2 / 58.64, rel=0.01)
    with pytest.raises(ConfigError, match="tio2-sem"):
        initial_config(inspection, images, preset="tio2")


def test_wires_are_recognised(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    rng = np.random.default_rng(0)
    for index in range(2):
        picture = draw_discs((300, 300), [], index)
        for column in (40, 120, 200, 260):
            picture[20 + column // 4 : 260, column : column + 6] += 0.5
        tifffile.imwrite(images / f"{index}.tif", to_8_bit(np.clip(picture + rng.normal(0, 0.01, picture.shape), 0, 1)))
    inspection = inspect_folder(images)
    assert nearest_preset(inspection)[0] == "agnw-sem"
    project = checked(initial_config(inspection, images))
    assert project.particles.shape.family == "wire"
    assert project.particles.shape.radius == pytest.approx(3 / 58.64, rel=0.4)


def test_scans_without_particles_still_give_a_configuration(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    tifffile.imwrite(images / "a.tif", to_8_bit(draw_discs((300, 300), [])))
    inspection = inspect_folder(images)
    assert inspection.diameter_px is None and inspection.estimate is None
    assert "No particles were found" in initial_config(inspection, images)
    assert checked(initial_config(inspection, images)).data.pixel_size_nm == "auto"


def test_small_scans_get_a_smaller_patch(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    tifffile.imwrite(images / "a.tif", to_8_bit(draw_discs((170, 400), grid_of_discs((170, 400), 40, 8, 2, 0))))
    assert checked(initial_config(inspect_folder(images), images)).data.patch_size == 160
    tifffile.imwrite(images / "b.tif", to_8_bit(draw_discs((25, 400), [(50, 10, 8)])))
    with pytest.raises(DataError, match=r"b in .* has 400×25 pixels"):
        initial_config(inspect_folder(images), images)


def test_the_run_folder_is_named_after_the_file(tmp_path, discs):
    images, inspection = discs
    assert checked(initial_config(inspection, images, tmp_path / "small.yaml")).run == Path("small-run")


def test_doubtful_parts_are_marked(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    tifffile.imwrite(images / "a.tif", to_8_bit(draw_discs((300, 300), [(80, 80, 12), (200, 180, 12)])))
    text = initial_config(inspect_folder(images), images)
    assert "LOOK AT THIS, measured" in text and checked(text)


def test_a_project_is_named_after_what_a_path_leads_to(discs, monkeypatch):
    images, inspection = discs
    monkeypatch.chdir(images)
    text = initial_config(inspection, Path("../images"), Path("/elsewhere/project.yaml"))
    values = parse_yaml(text, "")
    assert values["name"] == images.parent.name and values["data"]["images"] == str(images)
    assert parse_yaml(initial_config(inspection, Path(".."), Path("project.yaml")), "")["name"] == images.parent.name


def test_a_scan_that_cannot_be_read_is_named_and_passed_over(tmp_path, notes):
    images = tmp_path / "images"
    images.mkdir()
    noise = np.random.default_rng(0).normal(100, 10, (2, 80, 80)).astype(np.uint8)
    for index, scan in enumerate(noise):
        Image.fromarray(scan).save(images / f"scan_{index}.png")
    (images / "broken.tif").write_bytes(b"II*\0")
    found = inspect_folder(images, notes)
    assert [scan.name for scan in found.scans] == ["scan_0", "scan_1"]
    assert any(line.startswith("broken.tif is passed over: ") for line in notes.lines)
    for path in images.glob("*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"broken\.tif .*No other can be used either: scan_0\.png, scan_1\.png"):
        inspect_folder(images, notes)


def test_no_images(tmp_path):
    with pytest.raises(DataError, match="holds no image"):
        inspect_folder(tmp_path)


def test_two_samples_in_one_folder_are_told(tmp_path, notes):
    for name, pitch, radius in (("fine", 24, 5), ("coarse", 58, 20)):
        picture = draw_discs((240, 240), grid_of_discs((240, 240), pitch, radius, 2, 0), 0)
        tifffile.imwrite(tmp_path / f"{name}.tif", to_8_bit(picture))
    found = inspect_folder(tmp_path, notes)
    assert found.mixed in notes.lines and "(fine) to 41" in found.mixed and "make one for each" in found.mixed
    assert "LOOK AT THIS: Median diameters lie 3.7 times" in initial_config(found, tmp_path)
