import base64
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from diffrendergan.errors import RunFolderError
from diffrendergan.reporting.figures.pictures import (
    CLASS_COLOURS,
    class_png,
    figure_jpeg,
    file_jpeg,
    grey_jpeg,
    hex_colour,
    instance_png,
)


def decoded(uri: str) -> tuple[str, bytes, np.ndarray]:
    head, _, text = uri.partition(",")
    data = base64.b64decode(text)
    with Image.open(io.BytesIO(data)) as opened:
        return head, data, np.asarray(opened.convert("RGB"))


def test_a_grey_image_comes_back_nearly_as_it_was():
    rows, columns = np.mgrid[:64, :48]
    pixels = (0.2 + 0.6 * (rows + columns) / 110).astype(np.float32)
    head, _, found = decoded(grey_jpeg(pixels, 256, 100_000))
    assert head == "data:image/jpeg;base64"
    assert found.shape == (64, 48, 3)
    assert np.abs(found[..., 0] / 255 - pixels).max() < 0.02


def test_bytes_and_floats_give_the_same_picture():
    bytes_ = np.random.default_rng(0).integers(0, 256, (32, 32)).astype(np.uint8)
    assert grey_jpeg(bytes_, 64, 10_000) == grey_jpeg(bytes_.astype(np.float32) / 255, 64, 10_000)


def test_even_noise_stays_within_its_bytes():
    noise = np.random.default_rng(0).random((512, 512)).astype(np.float32)
    _, data, found = decoded(grey_jpeg(noise, 256, 45_000))
    assert found.shape[:2] == (256, 256)
    assert len(data) <= 45_000


def test_a_colour_picture_as_busy_as_can_be(tmp_path):
    """Pillow's buffer for optimised JPEGs is too small for these."""
    path = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (700, 1000, 3), dtype=np.uint8)).save(path)
    _, _, found = decoded(file_jpeg(path, 1000, 10_000_000))
    assert found.shape == (700, 1000, 3)


def test_a_figure_keeps_its_shape_and_its_bytes():
    figure = Figure(figsize=(8, 4))
    figure.add_axes((0, 0, 1, 1)).imshow(np.random.default_rng(0).random((40, 80)), cmap="gray", aspect="auto")
    _, data, found = decoded(figure_jpeg(figure, 256, 9_000))
    assert found.shape == (128, 256, 3) and len(data) <= 9_000 and found.std() > 20


def test_classes_have_their_colours():
    classes = np.array([[0, 1], [2, 1]], np.uint8)
    head, _, found = decoded(class_png(classes, 256))
    assert head == "data:image/png;base64"
    assert np.array_equal(found, np.array(CLASS_COLOURS)[classes])
    assert hex_colour(CLASS_COLOURS[1]) == "#56b4e9"


def test_instances_keep_apart_and_background_stays_dark():
    labels = np.arange(256, dtype=np.int32).reshape(16, 16)
    _, _, found = decoded(instance_png(labels, 256))
    colours = found.reshape(-1, 3).astype(int)
    assert tuple(colours[0]) == CLASS_COLOURS[0]
    assert len(np.unique(colours, axis=0)) > 250
    assert np.abs(np.diff(colours[1:], axis=0)).max(axis=1).min() > 40


def test_label_256_is_not_background():
    _, _, found = decoded(instance_png(np.array([[0, 256, 512, 65535]]), 256))
    assert not (found[0, 1:] == CLASS_COLOURS[0]).all(axis=1).any()


def test_a_reduced_mask_invents_no_class():
    classes = np.zeros((300, 300), np.uint8)
    classes[100:200, 100:200] = 2
    _, _, found = decoded(class_png(classes, 100))
    assert found.shape[:2] == (100, 100)
    assert {tuple(colour) for colour in found.reshape(-1, 3)} == {CLASS_COLOURS[0], CLASS_COLOURS[2]}


@pytest.mark.parametrize("content", [None, b"", b"no picture"])
def test_a_missing_or_broken_picture_is_named(tmp_path, content):
    path = tmp_path / "overlay.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunFolderError, match=r"overlay\.png"):
        file_jpeg(path, 100, 10_000)


def test_a_truncated_picture_is_named(tmp_path):
    path = tmp_path / "overlay.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(RunFolderError, match=r"overlay\.png"):
        file_jpeg(path, 100, 10_000)
