"""A model as one zip that bioimage.io, any runtime of ONNX and this program read; nothing in it is pickled."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import numpy as np
import tifffile

from diffrendergan.config.yaml_text import dump_yaml
from diffrendergan.errors import ConfigError
from diffrendergan.evaluation.pictures import overlay
from diffrendergan.exchange.models.decoding import labels_from_maps
from diffrendergan.exchange.models.description import About, description_of, readme_of
from diffrendergan.exchange.models.parts import GENERALIST, ModelParts, parts_of
from diffrendergan.exchange.models.portable import Maps, maps_of, shown_to, write_onnx
from diffrendergan.image_files.writing import write_png
from diffrendergan.runs.atomic import atomic_path, write_text
from diffrendergan.runs.digest import sha256_of_file
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.trained import run_project_of

DESCRIPTION = "bioimageio.yaml"
ENDING = ".zip"
TEST_PX = 256
"""Edge of the test image, or the next larger that the network can halve [px]."""
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""Equal models give equal files."""


def export_model(
    source: str | Path, target: Path, about: About, reporter: Reporter, seed: int | None = None, force: bool = False
) -> Path:
    """Write the network of a run, or the packaged generalist, as a package of bioimage.io.

    Parameters
    ----------
    source : str or Path
        A run folder, or `generalist`.
    target : Path
        The zip to write; it is whole or absent.
    about : About
    reporter : Reporter
        Told of what a reader of the package will miss.
    seed : int, optional
        Which of the run's networks; by default the first.
    force : bool
        Replace a file that is there.

    Raises
    ------
    ConfigError
        If the target is no `.zip`, or exists; or if the network has no such package.
    MissingDependencyError
        If the exporter of ONNX is not installed.
    RunFolderError
        If there is no trained network, or the file cannot be written.
    """
    if target.suffix.lower() != ENDING:
        raise ConfigError(f"{target} is no name of a package; let it end in {ENDING}.")
    if target.exists() and not force:
        raise ConfigError(f"{target} exists already; choose another name, or give --force to replace it.")
    parts = parts_of(source, seed)
    if about.licence is None:
        reporter.note("no licence was named, so that nobody may use the model without asking; give one by --licence")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _fill(folder, parts, about, target.name)
        _pack(folder, target)
    return target


def about_of(
    source: str | Path, name: str | None, authors: tuple[str, ...], licence: str | None, description: str
) -> About:
    """Return what is said of a model, with what follows from its source where nothing was said.

    Raises
    ------
    RunFolderError
        If it is no run folder.
    """
    if str(source) == GENERALIST and not Path(source).is_dir():
        return About(
            name or "DiffRenderGAN generalist", authors or ("DiffRenderGAN developers",), licence or "MIT", description
        )
    name = name or f"{run_project_of(Path(source)).name} particles"
    return About(name, authors or ("not named",), licence, description)


def _fill(folder: Path, parts: ModelParts, about: About, name: str) -> None:
    for file, content in parts.files.items():
        (folder / file).write_bytes(content)
    write_onnx(folder / "network.onnx", Maps(parts.network), parts.grain)
    stored = _test_image(parts)
    shown = shown_to(parts.ends, stored)
    maps = maps_of(parts.network, shown[None, None])
    np.save(folder / "test-input.npy", stored[None, None], allow_pickle=False)
    np.save(folder / "test-output.npy", maps, allow_pickle=False)
    write_png(folder / "sample-input.png", np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8))
    tifffile.imwrite(folder / "sample-output.tif", maps[0], photometric="minisblack", compression="zlib")
    labels = labels_from_maps(maps, parts.use["decoding"], parts.use["min_region_px"])
    grey = np.repeat(np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
    write_png(folder / "cover.png", np.concatenate([grey, overlay(shown, labels, None)], axis=1))
    write_text(folder / "README.md", readme_of(parts, about, name))
    files = {path.name: sha256_of_file(path) for path in folder.iterdir()}
    write_text(folder / DESCRIPTION, dump_yaml(description_of(parts, about, files)))


def _test_image(parts: ModelParts) -> np.ndarray:
    """Return the middle of the example, or what of it is repeated by mirroring, as a square that the network takes."""
    edge = max(2, -(-TEST_PX // parts.grain)) * parts.grain
    image = parts.example
    missing = [(0, max(0, edge - length)) for length in image.shape]
    image = np.pad(image, missing, mode="symmetric")
    top, left = ((length - edge) // 2 for length in image.shape)
    return np.ascontiguousarray(image[top : top + edge, left : left + edge])


def _pack(folder: Path, target: Path) -> None:
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
