"""The results of `quantify` as OME-Zarr: each scan with the particles that were found in it."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.errors import ConfigError, DataError
from diffrendergan.exchange.sets.ome_zarr import PARTICLES, write_ome_zarr
from diffrendergan.image_files.listing import scans_at
from diffrendergan.image_files.names import OME
from diffrendergan.labels.reading import read_numbers
from diffrendergan.micrographs.reading import read_raw
from diffrendergan.quantification.results import SCANS
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.reporter import Reporter

MARKER = "quantify.json"


def holds_results(folder: Path) -> bool:
    """Tell whether `quantify` wrote a folder."""
    return (folder / MARKER).is_file()


def write_measured(results: Path, out: Path, scans: Path | None, reporter: Reporter) -> int:
    """Write `NAME.ome.zarr` for each scan: the numbers of its file without data bar, and `labels/particles`.

    Parameters
    ----------
    results : Path
        A folder that `quantify` wrote.
    out : Path
        The folder to write into.
    scans : Path, optional
        Folder of the scans, or one file; by default where they lay then.
    reporter : Reporter
        Shows progress.

    Returns
    -------
    int
        How many scans were written.

    Raises
    ------
    ConfigError
        If the scans are not where they lay.
    DataError
        If there is no result, or a scan or label image cannot be read.
    MissingDependencyError
        If zarr is not installed.
    """
    made_with = read_json(results / MARKER)
    names = measured_names(results)
    if not names:
        raise DataError(f"{results} holds no measured scan; run `diffrendergan quantify` to its end.")
    files = scan_files(results, scans)
    for name in reporter.track(names, "OME-Zarr", total=len(names)):
        if name not in files:
            raise ConfigError(f"the scan {name} is not in {_place(results, scans, made_with.get('images'))}; give "
                              "its folder with --scans.")  # fmt: skip
        found = read_numbers(results / "labels-ome" / f"{name}.ome.tif")
        values = read_raw(files[name], made_with.get("series"), made_with.get("channel")).values
        rows = found.numbers.shape[0]
        if values.shape[1] != found.numbers.shape[1] or len(values) < rows:
            raise DataError(f"{files[name]} has another size than its label image; quantify it again.")
        target = out / f"{name.removesuffix(OME)}.ome.zarr"
        write_ome_zarr(target, values[:rows], {PARTICLES: found.numbers}, found.pixel_size_nm, name)
    return len(names)


def measured_names(results: Path) -> list[str]:
    """Return the names of the scans that `quantify` has measured in a folder, sorted."""
    return sorted(path.stem for path in (results / SCANS).glob("*.json"))


def scan_files(results: Path, scans: Path | None = None) -> dict[str, Path]:
    """Return the files of the scans that results are of, by name.

    Parameters
    ----------
    results : Path
        A folder that `quantify` wrote.
    scans : Path, optional
        Folder of the scans, or one file; by default where they lay then.

    Raises
    ------
    ConfigError
        If they are not where they lay.
    """
    place = _place(results, scans, read_json(results / MARKER).get("images"))
    if place is None or not place.exists():
        raise ConfigError(f"the scans of {results} are not where they lay ({place}); give their folder with --scans.")
    return dict(scans_at(place).files)


def _place(results: Path, scans: Path | None, known: str | None) -> Path | None:
    return scans if scans is not None else None if known is None else results.resolve().parent / known
