"""The whole particles of one scan: measured, written and drawn beside what is seen of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffrendergan.labels.layer_files import write_layers
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.rois import write_layer_rois
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.settings import QuantifySettings
from diffrendergan.pipeline.quantify.sizing import sizes_of
from diffrendergan.quantification.particles import Particles
from diffrendergan.quantification.whole import measure_whole, whole_values
from diffrendergan.reporting.figures.drawing import write_figure
from diffrendergan.reporting.figures.scan_figures import whole_figure
from diffrendergan.reporting.figures.size_figures import size_histogram
from diffrendergan.sizes.sizes import Sizes
from diffrendergan.sizes.units import scale_of

FOLDER = "whole"


@dataclass(frozen=True, eq=False)
class MeasuredWhole:
    """Whole particles with what was measured of them."""

    layers: Layers
    particles: Particles
    """In pixels, in the order of the visible ones."""
    sizes: Sizes

    def values(self, visible: Particles) -> dict[str, Any]:
        """Return their columns of the particle table."""
        return whole_values(visible, self.particles)

    def write(self, out: Path, name: str) -> list[Path]:
        """Write masks (COCO) and outlines (ImageJ) of a scan; returns both paths."""
        paths = [out / FOLDER / f"{name}.json", out / FOLDER / f"{name}_rois.zip"]
        write_layers(paths[0], self.layers, f"{name}.tif")
        write_layer_rois(paths[1], self.layers)
        return paths

    def draw(self, out: Path, scan: Micrograph) -> list[Path]:
        """Draw their outlines on the scan, and their sizes."""
        folder, name = out / "figures", scan.name
        files = write_figure(folder, f"{name}_whole", whole_figure(scan, self.layers))
        return files + write_figure(
            folder, f"{name}_whole_sizes", size_histogram(self.sizes, f"{name}, whole particles")
        )


def measured_whole(layers: Layers, scan: Micrograph, visible: Particles, settings: QuantifySettings) -> MeasuredWhole:
    """Measure the whole particles of a scan of which something is seen."""
    height, width = scan.pixels.shape
    layers = layers.of_shape((height, width)).only(visible.label.tolist())
    particles = measure_whole(layers, scan.pixels, scan.field)
    return MeasuredWhole(
        layers, particles, sizes_of(particles, scale_of(scan.pixel_size_nm), settings, scan.name, "whole")
    )
