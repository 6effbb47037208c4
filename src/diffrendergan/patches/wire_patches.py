"""Windows that show wires: these cross borders, so that few lie in a window in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.detection.foreground import ScanParticles
from diffrendergan.detection.ridges import Wire, draw_wires, usual_wires, wires_within
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.micrographs.windows import window_corners
from diffrendergan.patches.candidates import Candidate, Place, in_field
from diffrendergan.patches.rules import RULES


@dataclass(frozen=True, eq=False)
class WireScans:
    """The wires of all scans.

    Attributes
    ----------
    wires : dict
        The wires of each scan, by its name.
    particles : list of ScanParticles
        The same as particles, in the order of the scans.
    """

    wires: dict[str, tuple[Wire, ...]]
    particles: list[ScanParticles]

    def displayed(self, scan: str, corners: NDArray[np.int64], size: int) -> NDArray[np.int64]:
        """Count the wires that windows (k, 2) of a scan display, (k,)."""
        counts = np.zeros(len(corners), np.int64)
        for wire in self.wires[scan]:
            x, y = _line(wire).T
            left, top = corners.T[:, :, None]
            inside = (x >= left) & (x < left + size) & (y >= top) & (y < top + size)
            counts += inside.sum(axis=1) >= min(len(x), RULES.shown_wire * size)
        return counts

    def candidates(self, scans: Sequence[Micrograph], size: int, stride: int, least: int) -> list[Candidate]:
        """List the windows that display enough wires, in the order of scans, rows and columns."""
        found = []
        for scan in scans:
            corners = window_corners(scan.pixels.shape[0], scan.pixels.shape[1], size, stride)
            for (x, y), count in zip(corners, self.displayed(scan.name, corners, size), strict=True):
                if count >= least and in_field(scan, int(x), int(y), size):
                    found.append(Candidate(Place(scan.name, int(x), int(y)), int(count)))
        return found


def find_wire_scans(scans: Sequence[Micrograph], found: Sequence[ScanParticles], dark: bool) -> WireScans | None:
    """Find the wires of scans; None if there are none.

    Parameters
    ----------
    scans : sequence of Micrograph
    found : sequence of ScanParticles
        What a threshold found in each; all of it stays under suspicion.
    dark : bool
        Whether wires are darker than the background.
    """
    brights = [1 - scan.pixels if dark else scan.pixels for scan in scans]
    wires = [
        wires_within(some, scan.field)
        for some, scan in zip(usual_wires(brights, [item.labels > 0 for item in found]), scans, strict=True)
    ]
    if not any(wires):
        return None
    names = [scan.name for scan in scans]
    drawn = [_as_particles(some, particles) for some, particles in zip(wires, found, strict=True)]
    return WireScans(dict(zip(names, wires, strict=True)), drawn)


def _as_particles(wires: tuple[Wire, ...], found: ScanParticles) -> ScanParticles:
    height, width = found.labels.shape
    labels = np.zeros((height, width), np.int32)
    for number, wire in enumerate(wires, start=1):
        labels[draw_wires((height, width), [wire])] = number
    boxes = np.zeros((len(wires), 4), np.int64)
    for row, place in zip(boxes, ndimage.find_objects(labels, len(wires)), strict=True):
        if place is not None:
            row[:] = place[0].start, place[1].start, place[0].stop, place[1].stop
    areas = np.bincount(labels.ravel(), minlength=len(wires) + 1)[1:].astype(np.int64)
    return ScanParticles(labels, boxes, areas, found.suspicion | (labels > 0), found.field)


def _line(wire: Wire) -> NDArray[np.float64]:
    """Return points of a wire's centre line a pixel apart, (k, 2) as x, y."""
    steps = np.hypot(*np.diff(wire.points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.arange(0, along[-1] + 1e-9)
    return np.stack([np.interp(at, along, axis) for axis in wire.points.T], axis=1)
