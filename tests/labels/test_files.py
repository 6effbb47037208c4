"""Label images as other tools write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from diffrendergan.errors import DataError
from diffrendergan.labels.doubts import understand
from diffrendergan.labels.files import label_files
from diffrendergan.labels.kinds import Meaning
from diffrendergan.labels.look import look_at
from diffrendergan.labels.reading import read_numbers

LABELS = np.zeros((12, 16), np.uint8)
LABELS[2:6, 2:7], LABELS[2:6, 7:12], LABELS[8:11, 3:5] = 1, 2, 200


def kind(*images):
    looks = {Path(f"{number}.png"): look_at(image) for number, image in enumerate(images)}
    return understand(looks, "auto", "--labels-kind")[0].kind


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.int32, np.float32])
def test_numbers_are_read_as_they_are_stored(tmp_path, dtype):
    values = LABELS.astype(dtype) * (100 if np.dtype(dtype).itemsize > 2 else 1)
    tifffile.imwrite(tmp_path / "a.tif", values, compression="zlib")
    np.save(tmp_path / "a.npy", values)
    for name in ("a.tif", "a.npy"):
        assert np.array_equal(read_numbers(tmp_path / name)[0], values)


@pytest.mark.parametrize("factor", [1, 300])
def test_png(tmp_path, factor):
    values = LABELS.astype(np.uint16) * factor if factor > 1 else LABELS
    Image.fromarray(values).save(tmp_path / "a.png")
    assert np.array_equal(read_numbers(tmp_path / "a.png")[0], values)


def test_how_it_looks_does_not_matter(tmp_path):
    """Palettes, an inverted display, one bit, and grey stored as colour."""
    palette = Image.fromarray(LABELS, mode="P")
    palette.putpalette(np.random.default_rng(0).integers(0, 255, 768).astype(np.uint8).tolist())
    palette.save(tmp_path / "palette.png")
    tifffile.imwrite(tmp_path / "inverted.tif", LABELS, photometric="miniswhite")
    colormap = np.random.default_rng(0).integers(0, 65535, (3, 256)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "palette.tif", LABELS, photometric="palette", colormap=colormap)
    Image.fromarray(np.stack([LABELS] * 3, axis=-1)).save(tmp_path / "grey.png")
    for name in ("palette.png", "inverted.tif", "palette.tif", "grey.png"):
        assert np.array_equal(read_numbers(tmp_path / name)[0], LABELS), name
    Image.fromarray(LABELS > 0).save(tmp_path / "bits.png")
    tifffile.imwrite(tmp_path / "bits.tif", LABELS > 0)
    for name in ("bits.png", "bits.tif"):
        assert np.array_equal(read_numbers(tmp_path / name)[0] > 0, LABELS > 0), name


def test_pixel_size_of_a_tiff(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", LABELS, resolution=(1e7 / 2.5, 1e7 / 2.5), resolutionunit="CENTIMETER")
    assert read_numbers(tmp_path / "a.tif")[1] == pytest.approx(2.5)
    np.save(tmp_path / "a.npy", LABELS)
    assert read_numbers(tmp_path / "a.npy")[1] is None


def test_what_is_no_label_image_is_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (9, 9, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "colour.png")
    np.save(tmp_path / "fractions.npy", LABELS + 0.5)
    np.save(tmp_path / "nan.npy", np.full((3, 3), np.nan))
    np.save(tmp_path / "negative.npy", LABELS.astype(int) - 1)
    np.save(tmp_path / "words.npy", np.full((3, 3), "a"))
    np.save(tmp_path / "objects.npy", np.array({"masks": LABELS}, dtype=object))
    np.save(tmp_path / "none.npy", np.zeros((0, 4), int))
    tifffile.imwrite(tmp_path / "stack.tif", np.zeros((5, 20, 20), np.uint8))
    (tmp_path / "broken.tif").write_bytes(b"II*\0not a tiff")
    (tmp_path / "empty.png").touch()
    said = {
        "colour.png": "channels of .* differ", "fractions.npy": "fractions", "nan.npy": "fractions or NaN",
        "negative.npy": "negative", "words.npy": "not numbers", "objects.npy": "Python objects", "none.npy": "no pixel",
        "stack.tif": "stack of several images", "broken.tif": "copy it again", "empty.png": "is an empty file",
        "missing.tif": "does not exist",
    }  # fmt: skip
    for name, words in said.items():
        with pytest.raises(DataError, match=words) as caught:
            read_numbers(tmp_path / name)
        assert name in str(caught.value)


def test_kinds():
    classes = np.zeros((8, 12), np.uint8)
    classes[1:7, 1:11], classes[2:6, 2:5], classes[2:6, 7:10] = 2, 1, 1
    assert Meaning("instances").instances(LABELS).max() == 3
    assert np.array_equal(Meaning("instances").instances(LABELS) > 0, LABELS > 0)
    assert Meaning("particles").instances(LABELS).max() == 2  # 1 and 2 touch
    cut = Meaning("classes").instances(classes)
    assert (cut.max(), (cut > 0).sum()) == (2, (classes == 1).sum())
    diagonal = np.array([[1, 0], [0, 1]])
    assert Meaning("particles").instances(diagonal).max() == 2
    assert Meaning("instances").instances(diagonal).max() == 1
    huge = np.array([[2**32 - 1, 0], [7, 7]], np.uint32)
    assert Meaning("instances").instances(huge).tolist() == [[2, 0], [1, 1]]


def test_auto():
    two = (LABELS > 0).astype(np.uint8)
    classes = np.zeros((8, 12), np.uint8)
    classes[1:7, 1:11], classes[2:6, 2:5], classes[2:6, 7:10] = 2, 1, 1
    pair = np.where(LABELS <= 2, LABELS, 0)
    empty = np.zeros((8, 8), np.uint8)
    assert kind(two, 255 * two, empty) == kind(empty) == kind() == "particles"
    assert kind(LABELS) == kind(two, LABELS) == kind(pair) == "instances"
    assert kind(classes) == kind(classes, two, empty) == "classes"
    picture = np.random.default_rng(0).integers(0, 255, (60, 60))
    with pytest.raises(DataError, match=r"1\.png holds .* is a picture"):
        kind(LABELS, picture)


def test_files_of_a_folder(tmp_path):
    for name in ("b.png", "a.tif", "c.NPY", "notes.txt", ".hidden.png", "d.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert list(label_files(tmp_path)) == ["a", "b", "c", "d"]
    (tmp_path / "a.png").touch()
    with pytest.raises(DataError, match=r"a\.png and a\.tif .* same name"):
        label_files(tmp_path)
    with pytest.raises(DataError, match="is no folder"):
        label_files(tmp_path / "a.png")
    with pytest.raises(DataError, match="holds no label image"):
        label_files(tmp_path / "folder.png")


def test_label_images_may_be_as_large_as_scans(tmp_path, monkeypatch):
    labels = np.zeros((40, 50), np.uint16)
    labels[3:9, 4:12] = 7
    Image.fromarray(labels).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)  # Pillow refuses what has more than twice as many
    assert np.array_equal(read_numbers(tmp_path / "large.png")[0], labels)
    assert Image.MAX_IMAGE_PIXELS == 500
