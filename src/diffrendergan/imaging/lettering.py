"""What is printed upon micrographs: letters, numbers with units, scale bars."""

from __future__ import annotations

import string
from functools import cache

import numpy as np
from PIL import ImageDraw, ImageFont

UNITS = ("nm", "um", "µm", "mm", "kV", "x", "mag", "WD", "SE", "BSE", "HV", "det")


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a font of a height [px]."""
    return ImageFont.load_default(size)


def text(rng: np.random.Generator) -> str:
    """Return what could stand there: a length, a setting, the letter of a panel."""
    if rng.random() < 0.6:
        number = rng.choice([f"{rng.integers(1, 1000)}", f"{rng.uniform(0.1, 100):.1f}"])
        return f"{number} {rng.choice(UNITS)}"
    return "".join(rng.choice(list(string.ascii_letters + string.digits + "-_()")) for _ in range(rng.integers(1, 12)))


def bar(draw: ImageDraw.ImageDraw, place: tuple[float, float], rng: np.random.Generator) -> None:
    """Draw a scale bar, at times with ends and a number."""
    length, thick = rng.uniform(20, 120), rng.uniform(1, 6)
    left, top = place
    draw.rectangle([left, top, left + length, top + thick], fill=255)
    if rng.random() < 0.4:
        for end in (left, left + length):
            draw.rectangle([end, top - 2 * thick, end + thick, top + 3 * thick], fill=255)
    if rng.random() < 0.6:
        draw.text((left, top + thick + 2), text(rng), fill=255, font=font(int(rng.integers(8, 24))))
