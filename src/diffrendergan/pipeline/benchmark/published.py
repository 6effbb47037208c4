"""A published data set in the user's folder, and what is missing there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.errors import DataError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.labels.annotations import PROJECT_WORDS
from diffrendergan.labels.files import NoLabelsError
from diffrendergan.labels.label_set import find_images
from diffrendergan.micrographs.datasets import RegistryEntry, find_dataset, read_registry
from diffrendergan.pipeline.benchmark.rows import OF_DATA_SETS, Kind
from diffrendergan.pipeline.benchmark.subject import PaperRow, Scans
from diffrendergan.runs.reporter import Reporter

PAPER = {
    "tio2-sem": (
        PaperRow("Possart et al. 2025: real data", 0.964, 0.567, 0.930),
        PaperRow("Possart et al. 2025: Rühle et al. 2021", 0.911, 0.467, 0.837),
        PaperRow("Possart et al. 2025: DiffRenderGAN", 0.916, 0.474, 0.845),
    )
}
"""Rows of Table 1 by data set; its "PQ" equals the foreground IoU (METHOD §8)."""


@dataclass(frozen=True)
class PublishedSet:
    """Scans of a published data set; the preset of the same name describes them."""

    dataset: str
    data: Path
    """Folder with `images` and `masks`, as `diffrendergan fetch` makes it."""

    @property
    def name(self) -> str:
        """Name of the data set."""
        return self.dataset

    @property
    def rows(self) -> tuple[Kind, ...]:
        """All but that of a run, which a data set has not."""
        return OF_DATA_SETS

    @property
    def paper(self) -> tuple[PaperRow, ...]:
        """Table 1 of the paper."""
        return PAPER.get(self.dataset, ())

    @property
    def keeper(self) -> str:
        """Its registry keeps scans back."""
        return f"the data set {self.dataset}"

    @property
    def remedy(self) -> str:
        """Say which command brings what is missing."""
        return f"`diffrendergan fetch {self.dataset} {self.data}` brings what is missing"

    def project(self, overrides: Sequence[str] = ()) -> Project:
        """Return the preset with the folders of the data."""
        project = load_project(None, self.dataset, overrides)
        folders = {"images": self.data / "images", "masks": self.data / "masks"}
        return project.model_copy(update={"data": project.data.model_copy(update=folders)})

    def scans(self, overrides: Sequence[str] = (), reporter: Reporter | None = None) -> Scans:
        """Return the scans of the data set that are in the folder.

        Raises
        ------
        ConfigError
            If there is no such data set.
        DataError
            If the folder is not as `diffrendergan fetch` makes it, or holds no scan to learn from.
        """
        find_dataset(self.dataset)
        self._check_folder()
        there = {path.name for path in list_scans(self.data / "images").paths}
        entries = [entry for entry in read_registry(self.dataset) if entry.kind == "images"]
        found = [entry for entry in entries if entry.name in there]
        scans = _names(found, "train")
        if not scans:
            raise DataError(f"--data: {self.data / 'images'} holds no scan of {self.dataset}; {self.remedy}.")
        missing = [entry for entry in entries if entry.name not in there]
        return Scans(scans, _names(found, "test"), _names(missing, "test"))

    def require_masks(self, names: Collection[str], project: Project) -> None:
        """Find out before any training that a scan cannot be scored."""
        masks = self.data / "masks"
        try:
            found = find_images(masks, names, project.data.mask_suffix, PROJECT_WORDS)[0]
        except NoLabelsError:
            found = {}
        missing = [name for name in names if name not in found]
        if missing:
            more = f" and of {len(missing) - 1} more" if len(missing) > 1 else ""
            raise DataError(f"--data: {masks} holds no annotation of {missing[0]}{more}; {self.remedy}.")

    def _check_folder(self) -> None:
        folder = self.data
        for part in ("images", "masks"):
            if (folder / part).is_dir():
                continue
            above = folder.parent
            if all((above / name).is_dir() for name in ("images", "masks")):
                raise DataError(
                    f"--data is {folder}, but it takes the folder that holds images and masks; give {above}."
                )
            what = f"holds no folder `{part}`" if folder.is_dir() else "is no folder"
            raise DataError(f"--data is {folder}, which {what}; {self.remedy}.")


def _names(entries: Iterable[RegistryEntry], split: str) -> tuple[str, ...]:
    return tuple(sorted(Path(entry.name).stem for entry in entries if entry.split == split))
