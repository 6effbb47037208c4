"""Image layers as scans: those that we opened as they were read, others by their numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from diffrendergan.napari.layers import Source, full_size, pixel_size_of, source_of


def scan_of_layer(data: Any, settings: Mapping[str, Any]) -> Source:
    """Return the scan that an image layer shows, with the pixel size that the layer has now.

    Parameters
    ----------
    data
        Of the layer.
    settings : mapping
        Its `name`, `scale`, `units` and `metadata`.

    Raises
    ------
    DataError
        If it is no grey image (H, W), or its pixels are not square.
    """
    from diffrendergan.api.scans import fitted_scan
    from diffrendergan.pipeline.quantify.drawn import Drawn

    name = str(settings["name"])
    source = source_of(settings.get("metadata", {}), name)
    size = pixel_size_of(settings["scale"], settings.get("units"), name)
    scan = source.scan
    if scan is None:
        scan = fitted_scan(full_size(data), size, Drawn({}))
        scan = replace(scan, name=name)
    return replace(source, scan=replace(scan, pixel_size_nm=size))


def settings_of(layer: Any) -> dict[str, Any]:
    """Return of a layer of napari what `scan_of_layer` takes."""
    return {"name": layer.name, "scale": layer.scale, "units": layer.units, "metadata": layer.metadata}
