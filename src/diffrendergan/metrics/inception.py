"""Features of the Inception network that the FID is defined with."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.errors import ConfigError, DataError, MissingDependencyError, first_line
from diffrendergan.metrics.features import in_batches, resize
from diffrendergan.metrics.inception_network import FidInception
from diffrendergan.runs.reporter import Reporter

WEIGHTS_URL = (
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth"
)
WEIGHTS_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
INPUT_SIZE = 299
BATCH_SIZE = 8


class InceptionFeatures:
    """The 2048 `pool3` features of the FID Inception network, by the clean-fid protocol.

    Images are taken as 8-bit files would hold them, resized to 299×299 in float with Pillow's
    antialiased bicubic filter, clipped to [0, 255], repeated to three channels and scaled to
    (x − 128)/128.

    Parameters
    ----------
    weights : Path, optional
        The file of the weights; without it they are downloaded at first use (95.6 MB) and kept in
        the user's cache.
    sha256 : str, optional
        The checksum the file must have; None skips the check.

    Raises
    ------
    ConfigError
        If `weights` names no file.
    DataError
        If the file is not the expected one or its tensors do not fit the network.
    MissingDependencyError
        If the download fails.

    Notes
    -----
    Source: Parmar et al. 2022, "On aliased resizing and surprising subtleties in GAN evaluation".
    """

    name = "inception"

    def __init__(self, weights: Path | None = None, sha256: str | None = WEIGHTS_SHA256) -> None:
        path = _download() if weights is None else Path(weights)
        self.network = load_network(path, sha256)

    def features(self, images: NDArray[np.float32], reporter: Reporter | None = None) -> NDArray[np.float64]:
        """Return features, shape (N, 2048), of grey images in [0, 1], shape (N, H, W)."""
        return in_batches(images, BATCH_SIZE, lambda batch: self.network(prepare(batch)), reporter)


def prepare(images: torch.Tensor) -> torch.Tensor:
    """Turn (B, 1, H, W) in [0, 1] into the network's input (B, 3, 299, 299)."""
    eight_bit = (images.clamp(0, 1) * 255).round()
    pixels = resize(eight_bit, INPUT_SIZE).clamp(0, 255)
    return ((pixels - 128) / 128).expand(-1, 3, -1, -1)


def load_network(path: Path, sha256: str | None = WEIGHTS_SHA256) -> FidInception:
    """Load the network from a file of weights, ready for use.

    Raises
    ------
    ConfigError, DataError
        As `InceptionFeatures`.
    """
    if not path.is_file():
        raise ConfigError(
            f"fid.inception_weights names {path}, which is no file; get it from {WEIGHTS_URL}, "
            "or leave the field out to have it downloaded."
        )
    if sha256 is not None and (found := hashlib.sha256(path.read_bytes()).hexdigest()) != sha256:
        raise DataError(
            f"{path} is not the FID Inception weights (SHA-256 {found[:8]}…, expected {sha256[:8]}…); "
            f"get the file again from {WEIGHTS_URL}."
        )
    network = FidInception()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        # Weights converted from TensorFlow carry no counts of the batches seen; nothing uses them.
        counts = {key: value for key, value in network.state_dict().items() if key.endswith("num_batches_tracked")}
        network.load_state_dict(counts | dict(state), strict=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, TypeError, ValueError) as error:
        reason = first_line(error)
        raise DataError(
            f"{path} does not hold weights of the FID Inception network ({reason}); get it from {WEIGHTS_URL}."
        ) from error
    return network.eval().requires_grad_(False)


def _download() -> Path:
    try:
        import pooch
    except ImportError as error:
        raise MissingDependencyError("downloading the Inception weights needs pooch; install it with pip.") from error
    try:
        return Path(
            pooch.retrieve(
                WEIGHTS_URL,
                known_hash=f"sha256:{WEIGHTS_SHA256}",
                fname=WEIGHTS_URL.rpartition("/")[2],
                path=pooch.os_cache("diffrendergan"),
            )
        )
    except (OSError, ValueError) as error:
        raise MissingDependencyError(
            f"the Inception weights cannot be downloaded ({error}); get {WEIGHTS_URL} on another machine and set "
            "fid.inception_weights to its path, or set fid.extractor to efficientnet, which works offline."
        ) from error
