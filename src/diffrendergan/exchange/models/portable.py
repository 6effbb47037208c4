"""A network as others run it: grey values in, probabilities and distance out; as PyTorch module and as ONNX."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from diffrendergan.errors import MissingDependencyError
from diffrendergan.generalist.standard import MEAN, SPREAD
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.segmentation.unet.losses import CLASSES
from diffrendergan.segmentation.unet.network import normalise

OPSET = 18
"""Of ONNX: the lowest that PyTorch's exporter writes without a conversion, for the sake of older runtimes."""
INPUT, OUTPUT = "grey", "maps"
"""Names of the input and of the output."""
CHANNELS = ("background", "particle", "contour", "distance")
"""What the output holds of each pixel: probabilities of three classes, and the distance from the boundary."""
EPSILON = 1e-6
"""Added to the spread of an image that is brought to a spread of its own; of no consequence."""


class Maps(nn.Module):
    """From images (B, 1, H, W) in [0, 1] to probabilities of three classes and the distance (B, 4, H, W).

    Parameters
    ----------
    network : torch.nn.Module
        As `load_network` returns it.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Return the maps."""
        logits = self.network(normalise(images))
        return torch.cat([logits[:, :CLASSES].softmax(dim=1), logits[:, CLASSES:].sigmoid()], dim=1)


@torch.inference_mode()
def maps_of(network: nn.Module, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the maps (B, 4, H, W) of images (B, 1, H, W) in [0, 1], computed by PyTorch."""
    found: NDArray[np.float32] = Maps(network).eval()(torch.from_numpy(np.ascontiguousarray(images))).numpy()
    return found


def shown_to(ends: tuple[float, float] | None, stored: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the numbers of a file as a network of a package sees them.

    Parameters
    ----------
    ends : (float, float) or None
        Numbers that become 0 and 1. None: the image is brought to a mean of .5 and a spread of .25, which
        `generalist.standard.standardised` does but for tails.
    stored : float32 (H, W)
    """
    if ends is None:
        values = (stored - stored.mean()) / (stored.std() + EPSILON) * SPREAD + MEAN
    else:
        values = np.clip((stored - ends[0]) / (ends[1] - ends[0]), 0, 1)
    return np.asarray(values, np.float32)


def write_onnx(path: Path, module: nn.Module, grain: int) -> None:
    """Write a network as one ONNX file for images of any number, height and width, atomically.

    Parameters
    ----------
    path : Path
    module : torch.nn.Module
        From images (B, 1, H, W) in [0, 1] to maps (B, C, H, W), as `Maps`.
    grain : int
        Heights and widths are multiples of this [px], and at least twice as much.

    Raises
    ------
    MissingDependencyError
        If the exporter's packages are not installed.
    RunFolderError
        If the file cannot be written.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            "a model is exported by way of ONNX, which is not installed; run pip install 'diffrendergan[models]'."
        ) from error
    # Batches of one, and edges equal to each other, would be taken for constants.
    example = torch.zeros(2, 1, 4 * grain, 6 * grain)
    sizes = {
        0: torch.export.Dim("batch"),
        2: grain * torch.export.Dim("rows", min=2),
        3: grain * torch.export.Dim("columns", min=2),
    }
    with _unheard():
        program = torch.onnx.export(
            module.eval(),
            (example,),
            dynamo=True,
            dynamic_shapes=(sizes,),
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            verbose=False,
        )
    assert program is not None
    with atomic_path(path) as temporary:
        program.save(str(temporary), external_data=False)


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Keep what PyTorch's exporter says of itself from the terminal."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
