"""How far the predicted shapes of a trained network reach, set so that sizes are right where the truth is known.

A network that is unsure whether a particle goes on under another one predicts something in between: whole particles
come out too small in the median, or too large. By how much is known on synthetic images, and is taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from diffrendergan.labels.layers import Layers
from diffrendergan.segmentation.dataset import SegmentationData
from diffrendergan.segmentation.instances import amodal
from diffrendergan.segmentation.protocol import Prediction
from diffrendergan.segmentation.rules import WHOLE_RULES
from diffrendergan.segmentation.unet.layout import laid_out
from diffrendergan.segmentation.unet.network import load_network, save_network
from diffrendergan.segmentation.unet.prediction import NetworkSegmenter
from diffrendergan.segmentation.whole_shapes import whole_particles
from diffrendergan.sizes.units import equivalent_diameters


def set_reach(path: Path, data: SegmentationData, device: torch.device) -> None:
    """Write into the file of a trained network how far its shapes reach, unless that is there.

    Parameters
    ----------
    path
        The network.
    data
        Of its training. Used are the first half of the images that were held out (the others are scored) and, up to
        `WholeRules.images`, those that it was trained on: with few of them chance decides.
    device
        Where it predicts.

    Raises
    ------
    RunFolderError
        If the file is broken, or cannot be written.
    """
    network, info = load_network(path)
    if not info.whole or info.reach is not None:
        return
    held, trained = (
        [image for image in images if image.whole is not None and len(image.whole)]
        for images in (data.validation, data.annotated)
    )
    known = [*held[: len(held) // 2], *trained][: WHOLE_RULES.images]
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    segmenter = NetworkSegmenter(laid_out(network, device), 2 * info.patch_size, device=device)
    predictions = [segmenter.predict(image.pixels) for image in known]
    true = np.concatenate([_diameters(image.whole) for image in known if image.whole is not None] or [np.zeros(0)])
    save_network(path, weights, replace(info, reach=best_reach(predictions, true)))


def best_reach(predictions: Sequence[Prediction], true: NDArray[np.float64]) -> float:
    """Return the factor of all distances by which the median of whole diameters comes nearest to the true one.

    Parameters
    ----------
    predictions
        Of images.
    true : float (k,)
        Diameters of the whole particles in them that the border does not cut [px]; without any, the factor is 1.
    """
    seen = [(prediction, amodal(prediction, WHOLE_RULES.least_px)) for prediction in predictions]
    errors: dict[float, float] = {}
    for factor in WHOLE_RULES.reaches if len(true) else ():
        found = np.concatenate([_diameters(whole_particles(reaching(said, factor), labels)) for said, labels in seen])
        if len(found):
            errors[factor] = abs(float(np.median(found) / np.median(true)) - 1)
    return min(errors, key=lambda factor: (errors[factor], factor), default=1.0)


def reaching(prediction: Prediction, factor: float) -> Prediction:
    """Return a prediction whose stars reach so many times as far."""
    assert prediction.stars is not None
    return prediction._replace(stars=np.concatenate([prediction.stars[:1], factor * prediction.stars[1:]]))


def _diameters(layers: Layers) -> NDArray[np.float64]:
    return equivalent_diameters(layers.inner().areas)
