"""The label images of a folder, as all that reads labels opens them: found by name, looked at once, then read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.image_files.names import (
    by_scan,
    fitting_suffixes,
    named_by,
    nfc,
    otherwise_named,
    scan_name,
    spelled,
)
from diffrendergan.labels.doubts import Finding, doubts, understand
from diffrendergan.labels.files import NoLabelsError, file_of, label_listing
from diffrendergan.labels.fit import common_rows
from diffrendergan.labels.kinds import Kind, Meaning
from diffrendergan.labels.look import Look, look_at
from diffrendergan.labels.reading import OUTLINE_ENDINGS, read_numbers
from diffrendergan.runs.reporter import Reporter, SilentReporter

SIZE_TOLERANCE = 0.02
"""Pixel sizes that differ by more than this fraction contradict each other."""


class Words(NamedTuple):
    """How the user says what cannot be told from the files."""

    suffix: str = "--labels-suffix"
    kind: str = "--labels-kind"
    data_bar: str = "--data-bar"


class Labels(NamedTuple):
    """One label image, understood."""

    labels: NDArray[np.int32]
    """(H, W): 0 background, particles 1..k."""
    pixel_size_nm: float | None
    """Edge of a pixel [nm] where the file states it."""
    stored: NDArray[np.int64] | None = None
    """(k + 1,): the number that each particle has in the file, where particles have numbers there."""


@dataclass(frozen=True)
class LabelSet:
    """Label images whose numbers mean the same in all."""

    folder: Path
    images: Mapping[str, Path]
    """By the names of their scans."""
    meaning: Meaning
    suffix: str = ""
    """What stands between the names of scan and file."""
    remarks: tuple[str, ...] = ()
    """What was made of the files where that is not plain, a sentence each."""
    doubts: tuple[str, ...] = ()
    """What is doubtful, and what to do, a sentence each."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Why label images cannot be used, by the names of their scans."""
    words: Words = field(default_factory=Words)

    @property
    def kind(self) -> Kind:
        """What the numbers mean."""
        return self.meaning.kind

    def holds(self, name: str) -> bool:
        """Tell whether a scan has a label image; names compare in NFC."""
        return nfc(name) in self.images

    def path(self, name: str) -> Path:
        """Return the label image of a scan.

        Raises
        ------
        DataError
            If there is none.
        """
        if not self.holds(name):
            raise DataError(
                f"the scan {name} has no label image {named_by(self.suffix, name)}.<image ending> in {self.folder}; "
                f"add it, or say what stands after the scan's name with {self.words.suffix}."
            )
        return self.images[nfc(name)]

    def read(self, name: str, shape: tuple[int, ...]) -> Labels:
        """Return the labels of a scan, without rows at the bottom that scan or label image lacks.

        Parameters
        ----------
        name : str
            Of the scan.
        shape : (int, int)
            Rows and columns of the scan without its data bar; either may lack at most a data bar.

        Raises
        ------
        DataError
            If there is no label image, or one that cannot be used or is of another size.
        """
        path = self.path(name)
        if nfc(name) in self.failures:
            raise DataError(self.failures[nfc(name)])
        numbers, pixel_size_nm, *_ = read_numbers(path, (shape[0], shape[1]))
        rows = common_rows(numbers.shape, shape)
        if rows is None:
            raise DataError(
                f"the label image {path} has {numbers.shape[1]}×{numbers.shape[0]} pixels, but its scan "
                f"{shape[1]}×{shape[0]} without data bar; bring it to the pixels of the scan, or give the rows of the "
                f"data bar with {self.words.data_bar}."
            )
        numbers = numbers[:rows]
        labels = self.meaning.instances(numbers)
        return Labels(labels, pixel_size_nm, self.meaning.stored(numbers, labels))

    def say(self, reporter: Reporter) -> None:
        """Show what was made of the files, and what is doubtful."""
        for sentence in (*self.remarks, *(f"Doubtful label images: {doubt}" for doubt in self.doubts)):
            reporter.note(sentence)


def open_label_set(
    folder: Path,
    scans: Collection[str],
    suffix: str | None = None,
    kind: Kind | Literal["auto"] = "auto",
    words: Words | None = None,
    reporter: Reporter | None = None,
) -> LabelSet:
    """Find the label images of a folder, look at each once, and decide what their numbers mean.

    Parameters
    ----------
    folder : Path
    scans : collection of str
        Names of the scans, without ending. Doubts are told of their label images only, though the meaning is decided
        from all.
    suffix : str, optional
        What stands between the scan's name and the ending; None tries `names.LABEL_FORMS`.
    kind : str
        What the numbers mean; "auto" decides it from all label images together.
    words : Words, optional
        How the user says it otherwise.
    reporter : Reporter, optional
        Shows progress.

    Raises
    ------
    NoLabelsError
        If the folder holds no label image of a scan.
    DataError
        If the folder is missing, if names fit in several ways, or if the numbers cannot be those of label images.
    """
    words = words or Words()
    images, suffix = find_images(folder, scans, suffix, words)
    return look_through(folder, images, kind, suffix, words, reporter, scans)


def find_images(folder: Path, scans: Collection[str], suffix: str | None, words: Words) -> tuple[dict[str, Path], str]:
    """Return the label images of a folder by the names of their scans, and the suffix that fits; opens none.

    Raises as `open_label_set`.
    """
    files, scans = label_listing(folder).files, {nfc(scan) for scan in scans}
    given = suffix is not None
    if suffix is None:
        suffix = _fitting_suffix(files, scans, folder, words)
    images = by_scan(files, suffix, scans, given)
    suffix = spelled(suffix, [scan_name(images[name]) for name in images.keys() & scans])
    if not images.keys() & scans:
        raise NoLabelsError(
            f"{folder} holds no label image {named_by(suffix, 'NAME')}.* of any scan; correct {words.suffix}."
        )
    return images, suffix


def look_through(
    folder: Path,
    images: Mapping[str, Path],
    kind: Kind | Literal["auto"] = "auto",
    suffix: str = "",
    words: Words | None = None,
    reporter: Reporter | None = None,
    wanted: Iterable[str] | None = None,
    description: str = "look at label images",
) -> LabelSet:
    """Look at label images, given by the names of their scans, and decide what their numbers mean.

    Parameters
    ----------
    wanted : iterable of str, optional
        The scans of which doubts are told; by default all.

    Raises
    ------
    DataError
        If the numbers cannot be those of label images.
    """
    words, reporter = words or Words(), reporter or SilentReporter()
    told = set(images if wanted is None else map(nfc, wanted))
    looks: dict[Path, Look] = {}
    failures: dict[str, str] = {}
    findings: list[Finding] = []
    doubtful: list[Finding] = []
    for name, path in reporter.track(images.items(), description, len(images)):
        try:
            numbers, _, remarks, doubted = read_numbers(path)
            if path.suffix.lower() not in OUTLINE_ENDINGS and file_of(path) == path:
                looks[path] = look_at(numbers)
        except DataError as error:
            failures[name] = str(error)
            continue
        if name in told:
            findings += [Finding(_about(remark), path, f"{path}: {remark}") for remark in remarks]
            doubtful += [Finding(_about(doubt), path, f"{path}: {doubt}") for doubt in doubted]
    outlined = not looks and len(failures) < len(images)
    meaning, corrected = understand(looks, "instances" if outlined and kind == "auto" else kind, words.kind)
    for name in sorted(told & images.keys()):
        if images[name] in looks:
            try:
                doubtful += doubts(images[name], looks[images[name]], meaning, words.kind)
            except DataError as error:
                failures[name] = str(error)
    renamed = _renamed({name: images[name] for name in told & images.keys()}, suffix)
    return LabelSet(
        folder,
        images,
        meaning,
        suffix,
        _together([*renamed, *corrected, *findings]),
        _together(doubtful),
        failures,
        words,
    )


def contradiction(of_labels: float | None, of_scan: float | None) -> bool:
    """Tell whether label image and scan state pixel sizes that contradict each other."""
    if of_labels is None or of_scan is None:
        return False
    return abs(of_labels - of_scan) > SIZE_TOLERANCE * of_scan


def _renamed(images: Mapping[str, Path], suffix: str) -> list[Finding]:
    """Say which label images were found though their names differ from their scans' by more than the ending."""
    about = "other names"
    return [
        Finding(about, images[name], f"the label image of {name} is taken to be {file}, by a name alike")
        for name, file in sorted(otherwise_named(images, suffix))
    ]


def _about(remark: str) -> str:
    """Return a remark without its counts, which differ between files of which the same is to be said."""
    return re.sub(r"\d+", "", remark)


def _together(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Say what was found, once for all images of which the same is to be said."""
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.about, []).append(finding)
    return tuple(
        f"{some[0].sentence}{f' (so with {len(some) - 1} more)' if len(some) > 1 else ''}." for some in grouped.values()
    )


def _fitting_suffix(files: Mapping[str, Path], scans: Collection[str], folder: Path, words: Words) -> str:
    """Return the one suffix with which label images have the names of scans.

    Raises
    ------
    NoLabelsError
        If there is none.
    DataError
        If there is more than one.
    """
    fitting = fitting_suffixes(files, scans)
    found = list(fitting)
    if not found:
        raise NoLabelsError(
            f"no label image in {folder} fits a scan by its name (for example {next(iter(files.values())).name} and "
            f"{min(scans)}); say what stands after the scan's name with {words.suffix}."
        )
    if len(found) > 1:
        examples = ", ".join(by_scan(files, suffix, scans)[fitting[suffix][0]].name for suffix in found[:2])
        raise DataError(
            f"label images in {folder} fit the scans in several ways (for example {examples}); give {words.suffix}, "
            '"" for none.'
        )
    return found[0]
