"""One scan: read, segment, measure, write. Nothing of its pixels is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.labels.layers import Layers
from diffrendergan.labels.rois import write_rois
from diffrendergan.labels.scans import label_image_doubts
from diffrendergan.labels.tiff import write_imagej_tiff, write_ome_tiff
from diffrendergan.micrographs.field import upper_rows, with_labelled_field
from diffrendergan.micrographs.grey_range import doubts_of
from diffrendergan.micrographs.scan_set import PIXEL_SIZE_TOLERANCE
from diffrendergan.micrographs.scans import finish_scan, open_scan
from diffrendergan.micrographs.twins import seen_key
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.grey import reading_rules
from diffrendergan.pipeline.quantify.review import without_unsure, write_crops
from diffrendergan.pipeline.quantify.settings import (
    DoubtingSegmenter,
    QuantifySettings,
    ScaledSegmenter,
    ScanReader,
    ScanSegmenter,
    Structure,
    SureSegmenter,
    WholeSegmenter,
)
from diffrendergan.pipeline.quantify.sizing import sizes_of
from diffrendergan.pipeline.quantify.surfaces import write_surfaces
from diffrendergan.pipeline.quantify.whole import measured_whole
from diffrendergan.quantification.heights import measure_heights
from diffrendergan.quantification.particles import Particles, measure_particles, particle_table
from diffrendergan.quantification.places import where
from diffrendergan.quantification.results import ScanRecord, write_record
from diffrendergan.quantification.scan_table import scan_row
from diffrendergan.quantification.tables import write_table
from diffrendergan.quantification.whole import COLUMNS as WHOLE_COLUMNS
from diffrendergan.quantification.whole import whole_row
from diffrendergan.quantification.wires.wires import Wires, measure_wires, wire_table
from diffrendergan.reporting.figures.drawing import write_figure
from diffrendergan.reporting.figures.scan_figures import instances_figure, thickness_figure
from diffrendergan.reporting.figures.size_figures import size_histogram
from diffrendergan.reporting.figures.thickness_figures import thickness_histogram
from diffrendergan.segmentation.agreement import unsure_doubts
from diffrendergan.sizes.sizes import Sizes, without_nan
from diffrendergan.sizes.units import scale_of


def quantify_scan(
    path: Path, segmenter: ScanSegmenter, settings: QuantifySettings, out: Path, made_from: dict[str, Any]
) -> ScanRecord:
    """Measure one scan and write all its results.

    Parameters
    ----------
    path : Path
        The scan.
    segmenter : ScanSegmenter
    settings : QuantifySettings
    out : Path
        Folder of the results.
    made_from : dict
        What decides the results; kept in the record.

    Raises
    ------
    DataError
        If the scan cannot be used.
    RunFolderError
        If results cannot be written.
    """
    scan = read_for(path, segmenter, settings) if settings.read is None else settings.read(path)
    found = _found(segmenter, scan, settings)
    scan, labels = upper_rows(scan, found.labels.shape[0]), found.labels
    left_out = 0
    if found.confidence is not None:
        labels, left_out = without_unsure(labels, found.confidence, settings.min_confidence)
    doubts = (*label_image_doubts(scan), *found.doubts)
    doubts += segmenter.scale_doubts(scan) if isinstance(segmenter, ScaledSegmenter) else ()
    doubts += () if found.confidence is None else unsure_doubts(found.labels, found.confidence)
    doubts += () if segmenter.grey is None else doubts_of(scan, segmenter.grey)
    if segmenter.grey is None:
        scan, said = with_labelled_field(scan, labels)
        doubts += said
    structure: Structure = segmenter.structure if settings.structure == "auto" else settings.structure
    scale = scale_of(scan.pixel_size_nm)
    particles = measure_particles(labels, scan.pixels, scan.field)
    sizes = sizes_of(particles, scale, settings, scan.name)
    wires = measure_wires(labels) if structure == "wires" else None
    heights = None if scan.heights_nm is None else measure_heights(labels, scan.heights_nm)
    tip = reading_rules(segmenter, settings).heights
    whole = None if found.whole is None else measured_whole(found.whole, scan, particles, settings)
    further = ((), {}) if whole is None else (WHOLE_COLUMNS, whole.values(particles))
    table = particle_table(
        particles, scan.pixel_size_nm, scan.name, found.confidence, heights, tip.tip_radius_nm, further
    )
    files = _write_particles(out, scan, labels, table) + write_surfaces(out, scan, tip)
    files += [] if whole is None else whole.write(out, scan.name)
    if found.confidence is not None:
        files += write_crops(out, scan, labels, particles, found.confidence)
    files += [] if wires is None else _write_wires(out, scan, wires)
    figures = _write_figures(out, scan, labels, particles, sizes, wires) if settings.figures else []
    figures += whole.draw(out, scan) if whole is not None and settings.figures else []
    row = scan_row(scan.name, labels, particles, sizes, wires, scan.pixel_size_nm, scale, scan.field, left_out)
    record = ScanRecord(
        name=scan.name,
        unit=scale.unit,
        row=row if whole is None else row | without_nan(whole_row(particles, whole.particles, whole.sizes, scale)),
        sizes=sizes.to_json(),
        thickness=None if wires is None else _thickness(wires, scale.per_px),
        files=_named(out, files),
        figures=_named(out, figures),
        made_from=made_from,
        remarks=scan.remarks,
        pixel_size_from=_pixel_size_from(scan, segmenter, settings),
        doubts=doubts,
        whole=None if whole is None else whole.sizes.to_json(),
        seen=seen_key(scan),
        places=where(labels),
    )
    write_record(out, record)
    return record


def _pixel_size_from(scan: Micrograph, reader: ScanReader, settings: QuantifySettings) -> str:
    if scan.pixel_size_nm is None:
        return ""
    if settings.pixel_size_nm is not None:
        return f"given by {settings.pixel_size_option}"
    return "from the files of the scans" if reader.rules.pixel_size_nm == "auto" else "set in the project"


class _Found(NamedTuple):
    """Particles (H, W), what is doubtful of them, and if known how sure each is, by label, and the whole ones."""

    labels: NDArray[np.int32]
    doubts: tuple[str, ...] = ()
    confidence: NDArray[np.float64] | None = None
    whole: Layers | None = None


def _found(segmenter: ScanSegmenter, scan: Micrograph, settings: QuantifySettings) -> _Found:
    if settings.confidence and isinstance(segmenter, SureSegmenter):
        return _Found(*segmenter.segment_surely(scan))
    if isinstance(segmenter, DoubtingSegmenter):
        found = _Found(*segmenter.segment_and_doubt(scan))
        return (
            found._replace(whole=segmenter.segment_whole(scan)[1]) if isinstance(segmenter, WholeSegmenter) else found
        )
    if isinstance(segmenter, WholeSegmenter):
        labels, whole = segmenter.segment_whole(scan)
        return _Found(labels, whole=whole)
    return _Found(segmenter.segment(scan))


def _named(out: Path, files: Sequence[Path]) -> tuple[str, ...]:
    return tuple(str(file.relative_to(out)) for file in files)


def read_for(path: Path, reader: ScanReader, settings: QuantifySettings) -> Micrograph:
    """Read a scan as the reader's own were read.

    Raises
    ------
    DataError
        If it cannot be used, or if its file and the reader's project disagree about the pixel size.
    """
    rules = reading_rules(reader, settings)
    raw = open_scan(path, rules)
    size = pixel_size_of(raw.pixel_size_nm, reader.rules.pixel_size_nm, settings.pixel_size_nm, path)
    scan = finish_scan(raw, replace(rules, pixel_size_nm="auto" if size is None else size))
    stated = raw.pixel_size_nm
    if settings.pixel_size_nm is None or stated is None or size is None:
        return scan
    if abs(stated - size) <= PIXEL_SIZE_TOLERANCE * size:
        return scan
    said = f"Its file says {stated:.4g} nm per pixel; the {size:.4g} nm of {settings.pixel_size_option} hold."
    return replace(scan, remarks=(*scan.remarks, said))


def pixel_size_of(
    of_file: float | None, of_project: float | Literal["auto"], chosen: float | None, path: Path
) -> float | None:
    """Return the pixel size [nm] that holds for a scan: the chosen one, the project's, or the file's.

    Raises
    ------
    DataError
        If file and project disagree, and none was chosen.
    """
    if chosen is not None:
        return chosen
    if of_project == "auto" or of_file is None:
        return of_file if of_project == "auto" else of_project
    if abs(of_file - of_project) > PIXEL_SIZE_TOLERANCE * of_project:
        raise DataError(
            f"{path} says {of_file:.4g} nm per pixel, but the model's project sets {of_project:.4g}; "
            "give the right one with --pixel-size-nm, in Python as pixel_size_nm."
        )
    return of_project


def _write_particles(
    out: Path,
    scan: Micrograph,
    labels: NDArray[np.int32],
    table: pa.Table,
) -> list[Path]:
    size, name = scan.pixel_size_nm, scan.name
    files = write_table(out / "particles", name, table)
    images = [out / "labels" / f"{name}.tif", out / "labels-ome" / f"{name}.ome.tif", out / "rois" / f"{name}_rois.zip"]
    write_imagej_tiff(images[0], labels, size)
    write_ome_tiff(images[1], labels, size, name)
    write_rois(images[2], labels)
    return files + images


def _write_wires(out: Path, scan: Micrograph, wires: Wires) -> list[Path]:
    files = write_table(out / "wires", scan.name, wire_table(wires, scan.pixel_size_nm, scan.name))
    path = out / "thickness" / f"{scan.name}.tif"
    write_imagej_tiff(path, wires.thickness * np.float32(scale_of(scan.pixel_size_nm).per_px), scan.pixel_size_nm)
    return [*files, path]


def _write_figures(
    out: Path,
    scan: Micrograph,
    labels: NDArray[np.int32],
    particles: Particles,
    sizes: Sizes,
    wires: Wires | None,
) -> list[Path]:
    folder, name = out / "figures", scan.name
    files = write_figure(folder, f"{name}_sizes", size_histogram(sizes, name))
    files += write_figure(
        folder, f"{name}_instances", instances_figure(scan, labels, particles.label[particles.touches_border])
    )
    if wires is not None:
        files += write_figure(folder, f"{name}_thickness", thickness_figure(scan, wires.thickness, wires.crossings))
    return files


def _thickness(wires: Wires, per_px: float) -> dict[str, Any]:
    """Return edges in the scan's unit, the share of the wires' area between them, and where wires cross [px]."""
    edges, share = thickness_histogram(wires.thickness, per_px)
    return {"edges": edges.tolist(), "share": share.tolist(), "crossings_px": wires.crossings.tolist()}
