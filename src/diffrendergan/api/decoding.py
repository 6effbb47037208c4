"""From a network's output, computed by any program, to particles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from diffrendergan.segmentation.instances import Decoding


def labels_from_maps(
    maps: ArrayLike,
    decoding: Decoding | Literal["generalist"] = "watershed",
    min_region_px: int = 0,
    shape: tuple[int, int] | None = None,
) -> NDArray[np.int32]:
    """Return the particles that the output of an exported network shows, told apart as `Segmenter.segment` does.

    Parameters
    ----------
    maps : array (4, H, W) or (1, 4, H, W); (3, H, W) of networks without distances
        Probabilities of background, particle and contour, and the distance, as ONNX Runtime returns them.
    decoding : str
        ``watershed``, ``components`` or ``distance``; ``generalist`` for the packaged network.
    min_region_px : int
        Smaller regions are dropped [px], of the maps; of the generalist, of the result.
    shape : (int, int), optional
        Rows and columns of the scan, if it was resized before it was shown to the network.

    Returns
    -------
    int32 (H, W)
        0 ground, 1..k particles.

    Raises
    ------
    DataError
        If the array has another shape, or holds numbers that are none.
    ConfigError
        If there is no such decoding.
    """
    from diffrendergan.exchange.models.decoding import labels_from_maps as decode

    return decode(maps, decoding, min_region_px, shape)
