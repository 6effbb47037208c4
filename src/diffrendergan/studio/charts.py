"""Diagrams of the page, in its colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.reporting.figures.theme import BLUE, MUTED, SERIES, VERMILION

GREY = "#8a94a0"
"""Text and axes that are read on light and dark pages."""


def histogram_options(
    edges: NDArray[np.float64], counts: Sequence[int], unit: str, chosen: Sequence[int] | None = None
) -> dict[str, Any]:
    """Return a histogram of sizes for `ui.echart`.

    Parameters
    ----------
    edges : ndarray, shape (n + 1,)
        Of the bins, in the unit.
    counts : sequence of int
        Particles in each.
    unit : str
        nm or px.
    chosen : sequence of int, optional
        How many of them are chosen, shown over the others.
    """
    names = [f"{low:.4g}–{high:.4g}" for low, high in pairwise(edges)]
    series: list[dict[str, Any]] = [
        {"type": "bar", "data": list(counts), "barCategoryGap": "6%", "itemStyle": {"color": BLUE}, "name": "particles"}
    ]
    if chosen is not None and any(chosen):
        over = {"type": "bar", "data": list(chosen), "barGap": "-100%", "barCategoryGap": "6%", "name": "chosen"}
        series.append({**over, "itemStyle": {"color": "#f0e442"}})
    text = {"color": GREY, "fontSize": 14}
    return {
        "animation": False,
        "grid": {"left": 48, "right": 12, "top": 12, "bottom": 52},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": {
            "type": "category",
            "data": names,
            "name": f"diameter [{unit}]",
            "nameLocation": "middle",
            "nameGap": 32,
            "axisLabel": {**text, "hideOverlap": True},
            "nameTextStyle": {"color": GREY, "fontSize": 15},
            "axisLine": {"lineStyle": {"color": MUTED}},
        },
        "yAxis": {
            "type": "value",
            "axisLabel": text,
            "minInterval": 1,
            "splitLine": {"lineStyle": {"color": GREY, "opacity": 0.25}},
        },
        "series": series,
    }


def compared_options(
    edges: NDArray[np.float64], sides: Sequence[tuple[str, NDArray[np.float64]]], unit: str
) -> dict[str, Any]:
    """Return curves of several distributions over each other, each with area 1.

    Parameters
    ----------
    edges : ndarray, shape (n + 1,)
    sides : sequence of (str, ndarray (n,))
        Name and share in each bin.
    unit : str
        What is on the axis.
    """
    middles = (edges[:-1] + edges[1:]) / 2
    text = {"color": GREY, "fontSize": 14}
    return {
        "animation": False,
        "grid": {"left": 48, "right": 12, "top": 34, "bottom": 46},
        "legend": {"textStyle": {"color": GREY, "fontSize": 15}, "top": 0, "icon": "rect"},
        "xAxis": {
            "type": "value",
            "name": unit,
            "nameLocation": "middle",
            "nameGap": 28,
            "axisLabel": text,
            "nameTextStyle": {"color": GREY, "fontSize": 15},
            "axisLine": {"onZero": False},
            "min": float(edges[0]),
            "max": float(edges[-1]),
            "splitLine": {"show": False},
        },
        "yAxis": {
            "type": "value",
            "scale": True,
            "axisLabel": {"show": False},
            "axisTick": {"show": False},
            "splitLine": {"show": False},
        },
        "series": [
            {
                "type": "line",
                "name": name,
                "showSymbol": False,
                "step": "middle",
                "lineStyle": {"color": colour, "type": kind, "width": 2},
                "itemStyle": {"color": colour},
                "data": [[float(x), float(y)] for x, y in zip(middles, shares, strict=True)],
            }
            for (name, shares), colour, kind in zip(sides, (BLUE, VERMILION), ("solid", "dashed"), strict=False)
        ],
    }


def curve_options(lines: Mapping[str, Sequence[tuple[float, float]]]) -> dict[str, Any]:
    """Return curves over steps or epochs, told apart by colour and line style.

    Parameters
    ----------
    lines : mapping
        Points (step, value) of each curve, by its name.
    """
    text = {"color": GREY, "fontSize": 14}
    kinds = ("solid", "dashed", "dotted")
    return {
        "animation": False,
        "grid": {"left": 60, "right": 12, "top": 34, "bottom": 28},
        "legend": {"textStyle": {"color": GREY, "fontSize": 15}, "type": "scroll", "top": 0},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "value", "axisLabel": text, "splitLine": {"show": False}, "min": "dataMin"},
        "yAxis": {
            "type": "value",
            "scale": True,
            "axisLabel": text,
            "splitLine": {"lineStyle": {"color": GREY, "opacity": 0.25}},
        },
        "series": [
            {
                "type": "line",
                "name": name,
                "showSymbol": len(points) < 20,
                "data": [list(point) for point in points],
                "lineStyle": {"color": SERIES[k % len(SERIES)], "type": kinds[k % 3], "width": 2},
                "itemStyle": {"color": SERIES[k % len(SERIES)]},
            }
            for k, (name, points) in enumerate(lines.items())
        ],
    }
