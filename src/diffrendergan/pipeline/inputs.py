"""The user's files that a run depends on: present before the first stage, unchanged after it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from diffrendergan.config.arrangement import EmpiricalSize
from diffrendergan.config.project import Project
from diffrendergan.config.shapes import FilesShape, LibraryShape
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.image_files.decoding import SCAN_ENDINGS
from diffrendergan.image_files.listing import files_in, scans_in
from diffrendergan.image_files.metadata import sidecars
from diffrendergan.labels.files import LABEL_ENDINGS
from diffrendergan.particles.names import LIBRARY_MANIFEST, mesh_names
from diffrendergan.segmentation.weights import FILE


def scan_files(project: Project) -> dict[str, Path]:
    """Return the files that `prepare` reads: scans and their text files by file name, the user's choice of patches."""
    folder = project.data.images
    scans = scans_in(folder).paths if folder.is_dir() else []
    files = {file.name: file for path in scans for file in (path, *sidecars(path))}
    if project.data.overrides is not None:
        files["data.overrides"] = project.data.overrides
    return files


def mask_files(project: Project) -> dict[str, Path]:
    """Return the masks by file name; none if the project has none."""
    folder = project.data.masks
    return {} if folder is None else {path.name: path for path in files_in(folder, LABEL_ENDINGS)}


def mesh_files(project: Project) -> dict[str, Path]:
    """Return the files that particles and their sizes are made from: meshes, a library, a table of sizes."""
    shape = project.particles.shape
    files: dict[str, Path] = {}
    if isinstance(shape, FilesShape):
        files |= {name: shape.folder / name for name in dict.fromkeys(shape.files or mesh_names(shape.folder))}
    if isinstance(shape, LibraryShape):
        files |= {LIBRARY_MANIFEST: shape.folder / LIBRARY_MANIFEST}
    return files | size_files(project)


def generalist_files(project: Project) -> dict[str, Path]:
    """Return the packaged generalist, which every run is judged beside."""
    return {FILE: Path(str(resources.files("diffrendergan.segmentation") / FILE))}


def size_files(project: Project) -> dict[str, Path]:
    """Return the table of measured sizes, if there is one."""
    size = project.arrangement.size
    return {"arrangement.size.file": size.file} if isinstance(size, EmpiricalSize) else {}


def check_inputs(project: Project, reads_scans: bool = True) -> None:
    """Find out before any work that a file or folder which the configuration names is missing.

    Parameters
    ----------
    project : Project
        The configuration.
    reads_scans : bool
        Whether scans are needed.

    Raises
    ------
    DataError
        If the folder of scans or masks is missing or empty.
    ConfigError
        If a named file is missing, or an input lies in the run folder, which the stages clear as they need.
    """
    folders = {"data.images": project.data.images, "data.masks": project.data.masks}
    for name, folder in folders.items():
        if folder is None or not reads_scans:
            continue
        if not folder.is_dir():
            what = "is a file, not a folder" if folder.exists() else "does not exist"
            raise DataError(f"`{name}` is {folder}, which {what}; set it to the folder of the {name[5:]}.")
        if not files_in(folder, SCAN_ENDINGS if name == "data.images" else LABEL_ENDINGS):
            raise DataError(f"`{name}` is {folder}, which holds no image; put the {name[5:]} there.")
    generator = project.generator.folder
    if generator is not None and not generator.is_dir():
        raise ConfigError(
            f"`generator.folder` is {generator}, which is no folder; `diffrendergan import-authors` writes one."
        )
    shape = project.particles.shape
    if isinstance(shape, FilesShape | LibraryShape) and generator is None:
        folders["particles.shape.folder"] = shape.folder
        if not shape.folder.is_dir():
            raise ConfigError(f"`particles.shape.folder` is {shape.folder}, which is no folder; correct the path.")
    named = {
        "data.overrides": project.data.overrides,
        "fid.inception_weights": project.fid.inception_weights,
        **size_files(project),
    }
    for name, path in (folders | named).items():
        if path is not None and path.is_relative_to(project.run):
            raise ConfigError(f"`{name}` is {path}, inside the run folder {project.run}; copy it to a place outside.")
    for name, file in named.items():
        if file is not None and not file.is_file():
            raise ConfigError(f"`{name}` is {file}, which is no file; correct the path or leave the field out.")
