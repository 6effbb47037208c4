"""The images of a training in nnU-Net's raw layout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from diffrendergan.errors import DataError
from diffrendergan.labels.classes import class_mask
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.dataset import LabelledImage, SegmentationData
from diffrendergan.synthesis.nnunet import Case, nnunet_grey, write_dataset


def export_data(dataset: Path, data: SegmentationData, contour_width_px: int, reporter: Reporter) -> None:
    """Write every image of the data with its classes, those held out last.

    nnU-Net splits the images itself, or trains on all of them (`segmentation.nnunet.folds`).

    Parameters
    ----------
    dataset : Path
        As `dataset_folder` names it.
    data : SegmentationData
        Annotated images, backgrounds and held-out images.
    contour_width_px : int
        Width of the contour class [px].
    reporter : Reporter
        Shows progress.

    Raises
    ------
    DataError
        If an image has values that are not finite.
    RunFolderError
        If a file cannot be written.
    """
    images = (*data.annotated, *data.backgrounds, *data.validation)
    tracked = reporter.track(images, "write the images for nnU-Net", len(images))
    write_dataset(dataset, _cases(tracked, contour_width_px), data.pixel_size_nm)


def _cases(images: Iterator[LabelledImage], contour_width_px: int) -> Iterator[Case]:
    for image in images:
        try:
            grey = nnunet_grey(image.pixels)
        except ValueError as error:
            raise DataError(f"the image {image.name} has values that are not finite; replace or remove it.") from error
        yield Case(grey, class_mask(image.instances, contour_width_px))
