from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from tests.micrographs.test_reading import write

from diffrendergan.micrographs.field import at_edge, fill_outside, find_field
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import read_scan, told_remarks


def recorded(shape=(160, 200), seed=0, ground=30.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    image = np.full(shape, ground)
    for row in range(12, shape[0], 40):
        for column in range(5, shape[1], 40):
            image[np.hypot(y - row, x - column) < 12] = 150
    image = ndimage.gaussian_filter(image, 0.8) + rng.normal(0, 4, shape)
    return image.clip(1, 254).astype(np.uint8)


@pytest.mark.parametrize("value", [0, 17, 255])
def test_a_frame_of_one_value_is_no_field(value):
    image = np.full((260, 300), value, np.uint8)
    image[50:210, 60:260] = recorded()
    field = find_field(image)
    assert field is not None and field[50:210, 60:260].all() and field.sum() == 160 * 200


def test_strips_missing_tiles_and_white_corners():
    strip = find_field(np.pad(recorded(), ((0, 0), (0, 90))))
    assert strip is not None and strip[:, :200].all() and not strip[:, 200:].any()
    tile = recorded((320, 400))
    tile[200:, 250:] = 0
    field = find_field(tile)
    assert field is not None and field.sum() == 320 * 400 - 120 * 150
    corner = recorded((320, 400))
    y, x = np.mgrid[:320, :400]
    corner[x + y < 80] = 255
    field = find_field(corner)
    assert field is not None and not field[x + y < 78].any() and field[x + y > 84].all()


@pytest.mark.parametrize("angle", [3, 12, 30])
def test_a_rotated_field(angle):
    image = ndimage.rotate(recorded((300, 360)), angle, order=1, cval=0)
    true = ndimage.rotate(np.ones((300, 360)), angle, order=1, cval=0) > 0.5
    field = find_field(image)
    assert field is not None and abs(field.sum() / true.sum() - 1) < 0.02
    assert (field & ~true).sum() < 0.005 * true.sum()


def test_dark_grounds_and_saturated_particles_are_field():
    half_black = (recorded().astype(int) - 32).clip(0).astype(np.uint8)
    assert 0.3 < (half_black == 0).mean() < 0.8 and find_field(half_black) is None
    y, x = np.mgrid[:160, :200]
    particle = recorded().astype(float)
    particle[np.hypot(y - 2, x - 3) < 50] = 400
    assert find_field(ndimage.gaussian_filter(particle, 1.2).clip(0, 255).astype(np.uint8)) is None
    clean = np.where(recorded() > 90, recorded(), 0)
    assert find_field(clean) is None


def test_missing_tiles_anywhere_are_no_field():
    for tiles in ([np.s_[120:200, 150:250]], [np.s_[:80, 150:250]], [np.s_[120:200, 150:250], np.s_[120:160, 200:300]]):
        image, missing = recorded((320, 400)), np.zeros((320, 400), bool)
        for tile in tiles:
            image[tile], missing[tile] = 0, True
        field = find_field(image)
        assert field is not None and np.array_equal(field, ~missing)


@pytest.mark.parametrize("blur", [0.8, 1.5])
def test_saturated_cubes_and_balls_are_field(blur):
    image = recorded((320, 400)).astype(float)
    image[100:180, 100:180] = 900
    assert find_field(ndimage.gaussian_filter(image, blur).clip(0, 255).astype(np.uint8)) is None
    y, x = np.mgrid[:320, :400]
    image[np.hypot(y - 160, x - 200) < 155] = 900
    assert find_field(ndimage.gaussian_filter(image, blur).clip(0, 255).astype(np.uint8)) is None
    image[np.hypot(y - 160, x - 200) > 150] = -200  # a ground that is clipped to black around one ball
    assert find_field(ndimage.gaussian_filter(image, blur).clip(0, 255).astype(np.uint8)) is None


@pytest.mark.parametrize("radius", [150, 175])
@pytest.mark.parametrize("noisy", [False, True])
def test_round_fields(tmp_path, radius, noisy):
    y, x = np.mgrid[:320, :400]
    within = np.hypot(y - 160, x - 200) < radius
    image = np.where(within, recorded((320, 400), ground=110), 0).astype(np.uint8)
    if noisy:
        shaded = recorded((320, 400), ground=110) * ndimage.gaussian_filter(within.astype(float), 2)
        image = (shaded + np.random.default_rng(0).normal(4, 1.5, within.shape)).clip(0, 255).astype(np.uint8)
    scan = read_scan(write(tmp_path / "a.png", image), ReadingRules(data_bar=0))
    if noisy and radius == 150:  # it may be one large ball on a black ground
        assert scan.field is None and "round edge" in scan.remarks[0] and "crop" in scan.remarks[0]
        return
    assert scan.field is not None and not (scan.field & ~within).any()
    assert scan.field.sum() > 0.94 * within.sum() and "round edge" in scan.remarks[0]


@pytest.mark.parametrize("angle", [-0.7, 0.5])
def test_wedges_of_a_slight_rotation(angle):
    image = ndimage.rotate(recorded((300, 360)), angle, order=1, cval=0, reshape=False)
    true = ndimage.rotate(np.ones((300, 360)), angle, order=1, cval=0, reshape=False) > 0.5
    field = find_field(image)
    assert field is not None and not (field & ~true).any() and field.sum() > 0.98 * true.sum()


def test_frames_without_numbers_are_no_field(tmp_path):
    image = np.full((300, 340), np.nan, np.float32)
    image[90:250, 60:260] = recorded() / np.float32(255)
    image[120, 100] = np.inf
    scan = read_scan(write(tmp_path / "a.tif", image), ReadingRules(data_bar=0))
    assert scan.field is not None and scan.field.sum() == 160 * 200 and scan.field[120, 100]
    assert np.isfinite(scan.pixels).all() and scan.pixels[120, 100] in image[119:122, 99:102]
    assert "68.6%" in scan.remarks[0] and "1 single pixel" in scan.remarks[1]


def test_beyond_its_edge_the_field_is_mirrored():
    field = np.zeros((10, 20), bool)
    field[:, 5:15] = True
    pixels = np.tile(np.arange(20, dtype=np.float32), (10, 1))
    filled = fill_outside(pixels, field)
    assert filled[0, :5].tolist() == [10, 9, 8, 7, 6] and np.array_equal(filled[field], pixels[field])


def test_labels_at_the_edge_of_the_field():
    field = np.ones((20, 20), bool)
    field[:, :5] = False
    labels = np.zeros((20, 20), np.int32)
    labels[3:6, 5:8], labels[10:13, 7:10] = 1, 2
    assert at_edge(labels, 2, field).tolist() == [True, False]


def test_a_scan_in_a_frame_says_so_once(tmp_path):
    image = np.zeros((300, 340), np.uint8)
    image[90:250, 60:260] = recorded()
    scan = read_scan(write(tmp_path / "a.png", image), ReadingRules(data_bar=0))
    assert scan.field is not None and scan.field.sum() == 160 * 200 and scan.pixels[0, 0] > 0
    assert "68.6%" in scan.remarks[0]
    (line,) = told_remarks([("a", scan.remarks), ("b", scan.remarks)])
    assert line.startswith("a: ") and line.endswith("1 more (b).")


def test_a_scale_bar_with_letters_is_masked_but_particles_are_not(tmp_path):
    image = recorded((320, 400))
    assert read_scan(write(tmp_path / "plain.png", image)).field is None
    image[290:295, 300:370] = 255
    for column in range(310, 360, 12):
        image[275:285, column : column + 6 : 2] = 255
    scan = read_scan(write(tmp_path / "a.png", image))
    assert scan.field is not None and not scan.field[image == 255].any()
    assert scan.field.mean() > 0.97 and "scale bar" in scan.remarks[0]


@pytest.mark.parametrize("quality", [75, 90])
def test_a_frame_in_a_jpeg_is_no_field_in_spite_of_its_rings(tmp_path, quality):
    scan = recorded()
    Image.fromarray(np.pad(scan, 24)).save(tmp_path / "a.jpg", quality=quality)
    field = read_scan(tmp_path / "a.jpg").field
    assert field is not None and field.sum() == pytest.approx(scan.size, rel=0.04)
    turned = ndimage.rotate(recorded((300, 360)), 3, order=1, cval=0)
    true = ndimage.rotate(np.ones((300, 360)), 3, order=1, cval=0) > 0.5
    Image.fromarray(turned).save(tmp_path / "c.jpg", quality=quality)
    field = read_scan(tmp_path / "c.jpg", ReadingRules(data_bar=0)).field
    assert field is not None and (field & ~true).sum() < 0.005 * true.sum() and field.sum() > 0.97 * true.sum()
    Image.fromarray(scan).save(tmp_path / "b.jpg", quality=quality)
    assert read_scan(tmp_path / "b.jpg").field is None
