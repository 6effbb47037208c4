"""What may be chosen of an export."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Choices that some formats have.

    Attributes
    ----------
    amodal : bool
        Full silhouettes, which overlap, in place of what is seen: COCO.
    validation : float
        Share of the images that are held out for validation, every so many: YOLO.
    shard_images : int
        Images in a shard: WebDataset, OME-Zarr.
    """

    amodal: bool = False
    validation: float = 0.1
    shard_images: int = 1000
