"""Pictures for the page, and what their pixels say."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]


def as_address(image: Grey) -> str:
    """Return an image in [0, 1] as a data address."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)).save(stream, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def histogram_of(image: Grey) -> tuple[float, ...]:
    """Return shares of 64 grey levels."""
    counts = np.histogram(image, 64, (0, 1))[0]
    return tuple(float(count) / image.size for count in counts)


def spectrum_of(image: Grey, rings: int = 40) -> tuple[float, ...]:
    """Return log10 of the mean power in rings of equal width, from the lowest frequency to that of half a pixel."""
    window = np.outer(np.hanning(image.shape[0]), np.hanning(image.shape[1]))
    power = np.abs(np.fft.fft2((image - image.mean()) * window)) ** 2
    far = np.hypot(np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])[None, :])
    ring = np.minimum((far * 2 * rings).astype(int), rings)
    totals = np.bincount(ring.ravel(), power.ravel(), rings + 1)[:rings]
    counts = np.bincount(ring.ravel(), minlength=rings + 1)[:rings]
    return tuple(float(value) for value in np.log10(totals / np.maximum(counts, 1) + 1e-9))
