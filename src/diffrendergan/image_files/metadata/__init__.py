"""Pixel size and data bar as the microscope wrote them down.

Nothing here guesses: where a file does not say its scale, the scale stays unknown.
"""

from diffrendergan.image_files.metadata.kind import ImageKind, StatedKind
from diffrendergan.image_files.metadata.ome import OmeImage, ome_images
from diffrendergan.image_files.metadata.resolution import dpi_scale
from diffrendergan.image_files.metadata.scale import ScanMetadata, StatedScale, settle
from diffrendergan.image_files.metadata.texts import sidecar_kind, sidecar_scales, sidecars
from diffrendergan.image_files.metadata.tiff import tiff_metadata

__all__ = [
    "ImageKind",
    "OmeImage",
    "ScanMetadata",
    "StatedKind",
    "StatedScale",
    "dpi_scale",
    "ome_images",
    "settle",
    "sidecar_kind",
    "sidecar_scales",
    "sidecars",
    "tiff_metadata",
]
