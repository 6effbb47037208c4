"""What notebooks show."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import diffrendergan as dg
from diffrendergan.errors import DataError

LABELS = np.zeros((60, 80), np.int32)
LABELS[10:20, 10:20], LABELS[40:60, 30:50] = 1, 2
GREY = np.where(LABELS > 0, 0.7, 0.2).astype(np.float32)


def saturated(shown: bytes) -> int:
    """Count pixels of a picture that are clearly coloured."""
    pixels = np.asarray(Image.open(io.BytesIO(shown)).convert("HSV"))
    return int(((pixels[..., 1] > 60) & (pixels[..., 2] > 60)).sum())


def test_particles_are_coloured_and_ground_is_grey(tmp_path):
    with_particles = dg.show(GREY, LABELS, pixel_size_nm=5.0)
    assert saturated(with_particles._repr_png_()) > 1000
    assert saturated(dg.show(GREY)._repr_png_()) == 0
    with_particles.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match=r"shape \(60, 80\) and the scan \(59, 80\)"):
        dg.show(GREY[1:], LABELS)
    with pytest.raises(DataError, match="grey values"):
        dg.show(np.zeros((3, 4, 5)))


def test_tables_have_units_and_say_what_is_left():
    table = dg.measure_particles(LABELS, pixel_size_nm=2.0, scan="<a>")
    shown = dg.show_table(table, rows=1)._repr_html_()
    assert "<br>nm</th>" in shown and 'title="' in shown and "and 1 row more" in shown
    assert "&lt;a&gt;" in shown and shown.count("<tr>") == 2
    assert "more</p>" not in dg.show_table(table)._repr_html_()
