"""The data bar under a scan: what the microscope says about itself, and a scale bar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ROUND_LENGTHS_NM = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
WHITE = 250


def scale_bar_length_nm(width_px: int, pixel_size_nm: float) -> int:
    """Return the longest round length that takes at most a sixth of the width [nm]."""
    fitting = [length for length in ROUND_LENGTHS_NM if length / pixel_size_nm <= width_px / 6]
    return fitting[-1] if fitting else ROUND_LENGTHS_NM[0]


def draw_data_bar(width: int, rows: int, pixel_size_nm: float, index: int) -> NDArray[np.uint8]:
    """Draw the data bar, uint8 (rows, width): black, a white line on top, white text and a scale bar."""
    canvas = Image.new("L", (width, rows), 0)
    if rows < 8:
        return np.asarray(canvas)
    draw = ImageDraw.Draw(canvas)
    draw.line([(0, 0), (width, 0)], fill=WHITE)
    font = ImageFont.load_default(size=max(6, min(13, int(rows * 0.33))))
    length = scale_bar_length_nm(width, pixel_size_nm)
    length_px = max(round(length / pixel_size_nm), 1)
    text = f"{length} nm" if length < 1000 else f"{length // 1000} um"
    left, foot = width - length_px - 20, int(rows * 0.78)
    draw.line([(left, foot), (left + length_px - 1, foot)], fill=WHITE)
    for end in (left, left + length_px - 1):
        draw.line([(end, foot - 3), (end, foot + 3)], fill=WHITE)
    draw.text((left + length_px / 2, foot - 5), text, fill=WHITE, font=font, anchor="mb")
    columns = [
        ("VIRTUAL", "MICROSCOPE"),
        (f"Scan = {index:02d}", "Signal A = SE"),
        ("EHT = 20.00 kV", "WD = 2.8 mm"),
        (f"Pixel Size = {pixel_size_nm:.3f} nm", f"Width = {width * pixel_size_nm / 1000:.3f} um"),
    ]
    step = (left - 20) / len(columns)
    for number, lines in enumerate(columns):
        for place, line in zip((0.3, 0.72), lines, strict=True):
            draw.text((10 + number * step, rows * place), line, fill=WHITE, font=font, anchor="lm")
    return np.asarray(canvas)
