"""What label images are understood as, and what is doubted: inputs of the kinds that tools get wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy import ndimage

from diffrendergan.errors import DataError
from diffrendergan.labels.doubts import doubts, understand
from diffrendergan.labels.kinds import Meaning
from diffrendergan.labels.label_set import LabelSet, look_through
from diffrendergan.labels.look import look_at
from diffrendergan.labels.reading import read_numbers
from diffrendergan.labels.scans import is_label_image

SHAPE = (120, 160)


def discs(number: int = 12, radius: int = 8, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Return discs on a grid, numbered from 1, that do not touch."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    pitch = 2 * radius + 8
    columns = shape[1] // pitch
    labels = np.zeros(shape, np.int32)
    for index in range(number):
        row, column = divmod(index, columns)
        labels[np.hypot(y - pitch * (row + 0.5), x - pitch * (column + 0.5)) <= radius] = index + 1
    assert labels.max() == number
    return labels


def outlined(labels: np.ndarray, width: int = 3) -> np.ndarray:
    """Return a class map: 1 within particles, 2 along their inner edge."""
    core = ndimage.binary_erosion(labels > 0, iterations=width)
    return np.where(core, 1, np.where(labels > 0, 2, 0)).astype(np.uint8)


def read(folder: Path, *images: np.ndarray, kind: str = "auto", ending: str = ".tif") -> LabelSet:
    paths = {}
    for number, values in enumerate(images):
        path = paths[f"s{number}"] = folder / f"s{number}{ending}"
        if ending == ".tif":
            tifffile.imwrite(path, values)
        else:
            Image.fromarray(values).save(path)
    return look_through(folder, paths, kind)  # type: ignore[arg-type]


def count(found: LabelSet, name: str = "s0", shape: tuple[int, int] = SHAPE) -> int:
    return int(found.read(name, shape).labels.max())


def test_good_label_images_pass_without_a_word(tmp_path):
    cut = discs()
    cut[30:36, 5:155] = 99  # a rod lies across some: each is one number in two pieces
    many = discs(255, 3, (260, 220))
    for labels, kind, number in (
        (discs().astype(np.uint16), "instances", 12),
        ((discs() > 0).astype(np.uint8) * 255, "particles", 12),
        (discs() > 0, "particles", 12),
        (outlined(discs()), "classes", 12),
        (cut.astype(np.uint8), "instances", 13),
        (many.astype(np.uint8), "instances", 255),
        (np.zeros(SHAPE, np.uint8), "particles", 0),
    ):
        found = read(tmp_path, labels)
        assert (found.kind, found.remarks, found.doubts, found.failures) == (kind, (), (), {})
        assert count(found, shape=labels.shape) == number
    wires = np.zeros(SHAPE, np.uint8)
    wires[20:26], wires[:, 70:76], wires[90:96] = 255, 255, 255  # reaches all four borders, and covers little
    assert read(tmp_path, wires).doubts == ()


@pytest.mark.parametrize("numbers", [(1, 2, None), (2, 1, None), (1, 2, 3)])
def test_class_maps_without_zero(tmp_path, numbers):
    """Ilastik counts classes from 1: ground, particle and contour in any order that one can tell."""
    ground, particle, contour = numbers
    classes = outlined(discs()) if contour else (discs() > 0).astype(np.uint8)
    values = np.choose(classes, [ground, particle, contour or 0]).astype(np.uint8)
    found = read(tmp_path, values, np.full(SHAPE, ground, np.uint8))
    assert found.kind == ("classes" if contour else "particles") and found.meaning.ground == ground
    assert f"no pixel is 0, and {ground} reaches all four borders" in found.remarks[0]
    assert (count(found), count(found, "s1")) == (12, 0)


def test_watershed_lines_and_a_numbered_ground(tmp_path):
    labels = discs() + 1
    lines = ndimage.grey_dilation(labels, 3) != ndimage.grey_erosion(labels, 3)
    found = read(tmp_path, np.where(lines, 0, labels).astype(np.uint16))
    assert found.meaning == Meaning("instances", ground=1) and count(found) == 12
    assert "0 is only in thin lines between regions" in found.remarks[0] and not found.doubts


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_void_outlines(tmp_path, dtype):
    labels = discs()
    white = np.iinfo(dtype).max
    ring = ndimage.binary_dilation(labels > 0, iterations=2) & (labels == 0)
    found = read(tmp_path, np.where(ring, white, labels).astype(dtype))
    assert found.meaning == Meaning("instances", void=white) and count(found) == 12
    assert f"{white} outlines all other numbers" in found.remarks[0]
    two = read(tmp_path, np.where(ring, white, labels > 0).astype(dtype))
    assert two.kind == "particles" and count(two) == 12


def test_what_covers_the_image_is_doubted(tmp_path):
    found = read(tmp_path, np.where(discs() > 0, 0, 255).astype(np.uint8))
    assert "reaches all four borders" in found.doubts[0] and "invert the mask" in found.doubts[0]
    filled = read(tmp_path, grains())
    assert filled.kind == "instances" and "no pixel is 0" in filled.doubts[0]


def grains() -> np.ndarray:
    """Return a picture of grains that leave no ground."""
    y, x = np.indices(SHAPE) // 40
    return (1 + 4 * y + x).astype(np.uint8)


def test_numbers_that_began_anew(tmp_path):
    many = discs(330, 3, (330, 240))
    found = read(tmp_path, (many % 256).astype(np.uint8))
    assert "save it with 16 bits" in found.failures["s0"]
    with pytest.raises(DataError, match="more particles than its 8 bits can number"):
        found.read("s0", many.shape)
    assert count(read(tmp_path, (many % 256).astype(np.uint8), kind="particles"), shape=many.shape) == 329
    clipped = read(tmp_path, np.minimum(many, 255).astype(np.uint8))
    assert "larger numbers were cut off" in clipped.doubts[0]


def test_numbers_used_twice_are_doubted(tmp_path):
    labels = discs()
    labels[labels == 12] = 1
    found = read(tmp_path, labels.astype(np.uint16))
    assert "1 of 11 numbers (for example 1) lie in parts far apart" in found.doubts[0]


def test_two_materials_are_no_contour(tmp_path):
    values = np.where(discs() > 6, 2, discs() > 0).astype(np.uint8)
    found = read(tmp_path, values)
    assert found.kind == "particles" and count(found) == 12 and "classes of particles" in found.doubts[0]
    touching = np.zeros(SHAPE, np.uint8)
    for row in range(4):
        touching[10 + 28 * row : 30 + 28 * row, 20:40], touching[10 + 28 * row : 30 + 28 * row, 40:60] = 1, 2
    assert count(read(tmp_path, touching)) == 8
    given = read(tmp_path, values, kind="classes")
    assert count(given) == 6 and "does not lie around" in given.doubts[0]


def test_two_particles_of_which_one_is_cut(tmp_path):
    values = np.zeros(SHAPE, np.uint8)
    values[20:60, 20:60], values[70:110, 90:140] = 1, 2
    values[20:60, 40] = 0
    found = read(tmp_path, values)
    assert found.kind == "instances" and found.doubts == () and count(found) == 2


def test_contours_in_any_order(tmp_path):
    classes = np.choose(outlined(discs()), [0, 255, 128]).astype(np.uint8)
    found = read(tmp_path, classes)
    assert (found.kind, found.meaning.particle, count(found)) == ("classes", 255, 12)


def test_what_is_the_same_is_said_once(tmp_path):
    inverted = np.where(discs() > 0, 0, 255).astype(np.uint8)
    (doubt,) = read(tmp_path, inverted, inverted, inverted).doubts
    assert doubt.startswith(str(tmp_path / "s0.tif")) and doubt.endswith("(so with 2 more).")


def test_pictures_are_refused(tmp_path):
    grey = np.random.default_rng(0).normal(90, 8, SHAPE).astype(np.uint8)
    with pytest.raises(DataError, match="picture"):
        read(tmp_path, discs().astype(np.uint8), grey)
    with pytest.raises(DataError, match="picture"):
        read(tmp_path, (grey > 95).astype(np.uint8) + (grey > 100))


def test_label_images_are_no_scans():
    rng = np.random.default_rng(0)
    grey = np.where(discs() > 0, 150, 40) + rng.normal(0, 4, SHAPE)
    dark = np.clip(grey - 42, 0, 255).astype(np.uint8)  # half of the ground is exactly 0
    assert is_label_image(discs()) and is_label_image(outlined(discs()) / np.float32(255))
    assert not is_label_image(grey.astype(np.uint8)) and not is_label_image(dark)


CODED = np.dstack([discs() * 37 % 256, discs() * 11 % 256, discs() * 5 % 256]).astype(np.uint8)


def test_a_number_far_above_the_others_is_void_in_thin_lines_round_all_of_them_alone(tmp_path):
    labels = discs().astype(np.uint8)
    rims = labels.copy()
    rims[ndimage.binary_dilation(labels > 0, iterations=3) & (labels == 0)] = 254
    found = read(tmp_path, rims)
    assert found.meaning == Meaning("instances", void=254) and count(found) == 12
    assert any("254 outlines all other numbers" in line for line in found.remarks)
    disc, wire = labels.copy(), labels.copy()
    disc[labels == 12] = 254
    wire[2:4, 5:155] = 254
    half = np.where((rims == 254) & (np.arange(SHAPE[1]) > 80), 0, rims).astype(np.uint8)
    near = np.where(rims == 254, 14, rims).astype(np.uint8)
    for image, number in ((disc, 12), (wire, 13), (half, 13), (near, 13)):
        found = read(tmp_path, image)
        assert found.meaning == Meaning("instances") and count(found) == number


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 128, 128), (1, 2, 0)])
def test_one_colour_on_black_is_a_mask(tmp_path, colour):
    labels = discs()
    image = np.where(labels[..., None] > 0, np.array(colour), 0).astype(np.uint8)
    found = read(tmp_path, image, ending=".png")
    assert found.kind == "particles" and count(found) == 12
    assert any("one colour on black" in line for line in found.remarks)
    image[0, 0] = (9, 0, 0)
    assert "channels of" in read(tmp_path, image, ending=".png").failures["s0"]


def test_numbers_in_three_channels(tmp_path):
    Image.fromarray(CODED).save(tmp_path / "a.png")
    numbers, _, remarks, _ = read_numbers(tmp_path / "a.png")
    assert "R + 256·G + 65536·B" in remarks[0]
    assert np.array_equal(numbers, CODED.astype(int) @ [1, 256, 65536])
    smooth = np.dstack([ndimage.gaussian_filter(CODED[..., k].astype(float), 2) for k in range(3)])
    for name, values in (("b.png", smooth), ("c.png", CODED + np.uint8(1))):
        Image.fromarray(values.astype(np.uint8)).save(tmp_path / name)
        with pytest.raises(DataError, match=r"channels of .* differ.*save one channel"):
            read_numbers(tmp_path / name)
    classes = np.dstack([discs(), discs() > 0, 0 * discs()])
    for dtype in (np.uint8, np.uint16):
        np.save(tmp_path / "e.npy", classes.astype(dtype))
        with pytest.raises(DataError, match="channels"):
            read_numbers(tmp_path / "e.npy")


def test_transparency(tmp_path):
    mask = ((discs() > 0) * 255).astype(np.uint8)
    white, full = np.full(SHAPE, 255, np.uint8), np.full(SHAPE, 255, np.uint8)
    layers = {
        "layer": (white, mask, mask), "opaque": (mask, full, mask), "both": (mask, mask, mask),
    }  # fmt: skip
    for name, (colour, alpha, expected) in layers.items():
        Image.fromarray(np.dstack([colour] * 3 + [alpha])).save(tmp_path / f"{name}.png")
        numbers, _, remarks, _ = read_numbers(tmp_path / f"{name}.png")
        assert np.array_equal(numbers > 0, expected > 0), name
        assert bool(remarks) == (name == "layer")
    Image.fromarray(np.dstack([np.roll(mask, 30, 1)] * 3 + [mask])).save(tmp_path / "differ.png")
    with pytest.raises(DataError, match="another in its transparency"):
        read_numbers(tmp_path / "differ.png")


def test_smoothed_edges(tmp_path):
    smooth = ndimage.gaussian_filter(np.kron((discs() > 0) * 255.0, np.ones((4, 4))), 2)[::4, ::4]
    smooth = np.where(smooth > 250, 255, np.where(smooth < 5, 0, smooth)).astype(np.uint8)
    assert len(np.unique(smooth)) > 10
    found = read(tmp_path, smooth, ending=".png")
    assert found.kind == "particles" and count(found) == 12 and "smoothed edges" in found.remarks[0]


@pytest.mark.parametrize("shape", [(1, *SHAPE), (*SHAPE, 1)])
def test_a_single_plane(tmp_path, shape):
    np.save(tmp_path / "a.npy", discs().reshape(shape))
    tifffile.imwrite(tmp_path / "a.tif", discs().astype(np.uint16).reshape(shape), photometric="minisblack")
    for name in ("a.npy", "a.tif"):
        assert np.array_equal(read_numbers(tmp_path / name).numbers, discs())


def test_doubts_name_the_file_and_the_option():
    look = look_at(np.where(discs() > 0, 0, 255).astype(np.uint8))
    (found,) = doubts(Path("a.png"), look, Meaning("particles"), "--gt-kind")
    assert found.sentence.startswith("a.png: one region of number 255 covers")
    meaning, said = understand({}, "auto", "--gt-kind")
    assert meaning == Meaning("particles") and said == []


def test_a_numbered_ground_within_a_rim_of_zeros_is_ground():
    numbers = np.full((60, 80), 9, np.uint16)
    numbers[10:20, 10:20], numbers[30:45, 40:60] = 1, 2
    numbers[[0, -1]] = 0
    numbers[:, [0, -1]] = 0
    look = look_at(numbers)
    assert look.frames[0] == 9 and look.seams


@pytest.mark.parametrize(("void", "dtype"), [(255, np.uint16), (32767, np.int16), (2**32 - 1, np.uint32)])
def test_the_outline_may_have_the_largest_number_of_any_type(void, dtype):
    numbers = np.zeros((60, 80), dtype)
    numbers[8:22, 8:22], numbers[28:47, 38:62] = void, void
    numbers[10:20, 10:20], numbers[30:45, 40:60] = 1, 2
    look = look_at(numbers)
    assert look.outline == void and look.outline_share == 1.0


def test_outlines_that_are_not_filled_are_doubted(tmp_path):
    labels = discs()
    rings = np.where(ndimage.binary_erosion(labels > 0), 0, labels)
    for number, drawn in enumerate((rings, (rings > 0) * 255, outlined(labels, 2) == 2)):
        (said,) = read(tmp_path, drawn.astype(np.uint8)).doubts
        assert "12 of 12 regions are thin rings" in said, number
    assert read(tmp_path, outlined(labels)).doubts == ()
    thick = np.where(ndimage.binary_erosion(labels > 0, iterations=5), 0, labels)  # the larger part is particle
    assert read(tmp_path, thick.astype(np.uint8)).doubts == ()


def test_pixels_far_from_their_particle_are_left_out_and_told(tmp_path):
    clean = discs()
    labels = clean.copy()
    labels[0, 150], labels[118:120, 100] = 1, 2  # a pixel, and two in a line
    labels[12, 22] = 1  # 2 px beside its particle: part of it
    found = read(tmp_path, labels.astype(np.uint8))
    assert "3 px far from the particles" in found.doubts[0] and len(found.doubts) == 1
    expected = clean.copy()
    expected[12, 22] = 1
    assert np.array_equal(found.read("s0", SHAPE).labels, expected)
    labels[0, 150], labels[118:120, 100] = 13, 0  # a particle of one pixel
    assert count(read(tmp_path, labels.astype(np.uint8))) == 13


def test_masks_among_numbered_images_are_named(tmp_path):
    labels = discs().astype(np.uint8)
    with pytest.raises(DataError, match="one number in 12 separate regions, while others of the folder number"):
        read(tmp_path, labels, (labels > 0) * np.uint8(255))
