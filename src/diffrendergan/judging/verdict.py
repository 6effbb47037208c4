"""The verdict on a run: what it rests on, what is wrong, and how that is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from diffrendergan.errors import RunFolderError, UserError
from diffrendergan.judging.evidence import Evidence
from diffrendergan.judging.findings import Finding, findings_of, is_bad
from diffrendergan.judging.seen import Seen
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.seal import intact
from diffrendergan.runs.words import number, percent, plural
from diffrendergan.sizes.units import scale_of

if TYPE_CHECKING:
    from diffrendergan.segmentation.trained import TrainedSegmenter

STAGE = "judge"
FILE = "verdict.json"
OVERLAYS = "overlays"

Judgement = Literal["good", "doubtful", "bad"]
HEADLINES: dict[Judgement, str] = {
    "good": "Nothing that can be seen without labels speaks against this run.",
    "doubtful": "Something about this run is doubtful: look at the overlays before you use its figures.",
    "bad": "This run is bad: do not use its figures before it is mended.",
}


class BadRunError(UserError):
    """A run was judged bad, and its user wants that to be an error."""


@dataclass(frozen=True)
class Verdict:
    """What is to be thought of a run, without labels."""

    evidence: Evidence
    findings: tuple[Finding, ...]
    """What is wrong, the strong findings first."""
    network: str
    """Digest of the network that was judged."""
    pixel_size_nm: float | None

    @property
    def judgement(self) -> Judgement:
        """Whether the run is good."""
        if is_bad(self.findings):
            return "bad"
        return "doubtful" if self.findings else "good"

    @property
    def headline(self) -> str:
        """The judgement as a sentence."""
        return HEADLINES[self.judgement]

    @property
    def sentences(self) -> list[str]:
        """Return what is wrong and what to do, a sentence each."""
        return [f"{finding.sentence[0].upper()}{finding.sentence[1:]}." for finding in self.findings]

    def doubts(self, run: Path) -> tuple[str, ...]:
        """Return what is doubtful of the network: a sentence if the run is bad."""
        return (f"the run in {run} is judged bad: {self.findings[0].sentence}",) if self.judgement == "bad" else ()

    def refuse_bad(self, run: Path) -> None:
        """Raise an error if the run is bad.

        Raises
        ------
        BadRunError
            With the first finding.
        """
        if self.judgement == "bad":
            others = len(self.findings) - 1
            more = f" (and {plural(others, 'finding')} more)" if others else ""
            raise BadRunError(f"the run in {run} is judged bad: {self.findings[0].sentence}{more}.")


def judged(evidence: Evidence, network: str, pixel_size_nm: float | None) -> Verdict:
    """Return the verdict that follows from some evidence."""
    return Verdict(evidence, findings_of(evidence), network, pixel_size_nm)


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Write a verdict into a run folder, as `judge/verdict.json`.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    write_json(
        folder / STAGE / FILE,
        {
            "judgement": verdict.judgement,
            "headline": verdict.headline,
            "findings": [asdict(finding) for finding in verdict.findings],
            "evidence": verdict.evidence.to_json(),
            "network": verdict.network,
            "pixel_size_nm": verdict.pixel_size_nm,
        },
    )


def read_verdict(folder: Path) -> Verdict | None:
    """Return the verdict on a run, None before it is judged.

    Raises
    ------
    RunFolderError
        If its file is broken, or has changed since it was written.
    """
    path = folder / STAGE / FILE
    if not path.exists():
        return None
    value = read_json(intact(path))
    try:
        return Verdict(
            Evidence.from_json(value["evidence"]),
            tuple(Finding(**entry) for entry in value["findings"]),
            str(value["network"]),
            value["pixel_size_nm"],
        )
    except (KeyError, TypeError) as error:
        raise RunFolderError(
            f"{path} is not as `judge` writes it ({type(error).__name__}: {error}); give `judge` again with --redo."
        ) from error


def verdict_on(run: Path, network: Callable[[], str]) -> Verdict | None:
    """Return the verdict on a network of a run folder, by its digest; None where another network was judged, or none.

    Raises
    ------
    RunFolderError
        If the file of the verdict is broken.
    """
    verdict = read_verdict(run)
    return verdict if verdict is not None and verdict.network == network() else None


def with_doubts(trained: TrainedSegmenter, run: Path) -> TrainedSegmenter:
    """Return a network of a run folder with what was judged of it: the verdict, and a doubt if it is bad."""
    verdict = verdict_on(run, lambda: str(trained.describe()["sha256"]))
    return trained if verdict is None else replace(trained, doubts=verdict.doubts(run), verdict=verdict.headline)


COLUMNS = ("", "a scan", "median", "10 to 90 %", "covered", "unsure")


def table_of(verdict: Verdict) -> list[tuple[str, ...]]:
    """Return what was found as a table, a row below `COLUMNS` for each of network, generalist and arrangement.

    Numbers of the synthetic images are those that the area of a scan would hold.
    """
    evidence, pixel = verdict.evidence, verdict.pixel_size_nm
    rows: Sequence[tuple[str, Seen]] = (
        (f"network, in {plural(evidence.scans.pictures, 'scan')}", evidence.scans),
        ("generalist, in the same", evidence.by_generalist),
        ("synthetic images, as arranged", evidence.arrangement),
        ("network, in synthetic images", evidence.learned),
        ("network, in training patches", evidence.patches),
    )
    area = evidence.scans.area_px / max(evidence.scans.pictures, 1)
    return [(label, *_cells(seen, area, pixel)) for label, seen in rows if seen.pictures]


def remarks_of(verdict: Verdict) -> list[str]:
    """Return what else there is to say of what was found, a sentence each."""
    evidence = verdict.evidence
    told = [
        f"Network and generalist agree in the scans to a Dice of {evidence.agreement.dice:.2f}; "
        f"{percent(evidence.agreement.matched)} of their particles match at an IoU of .5."
    ]
    if evidence.doubted:
        counts = "" if evidence.generalist_trusted else ", and does not count"
        told.append(
            f"The generalist is unsure in {evidence.doubted} of {plural(len(evidence.of_scans), 'scan')}{counts}: "
            "perhaps nothing like them was in its training."
        )
    empty = evidence.empty
    if empty.patches:
        by_generalist = f"the generalist {percent(empty.covered_by_generalist)}" if empty.undoubted else "no generalist"
        told.append(
            f"Of {plural(empty.patches, 'background patch', 'background patches')}, the network finds "
            f"{percent(empty.covered_by_network)} covered by particles, {by_generalist}."
        )
    return told


def _cells(seen: Seen, area_px: float, pixel_size_nm: float | None) -> tuple[str, ...]:
    scale = scale_of(pixel_size_nm)

    def told(*lengths: float | None) -> str:
        known = [number(length * scale.per_px) for length in lengths if length is not None]
        return f"{' to '.join(known)} {scale.unit}" if known else "–"

    return (
        number(seen.per(area_px)),
        told(seen.d50),
        told(seen.d10, seen.d90),
        percent(seen.coverage),
        "–" if seen.unsure is None else percent(seen.unsure),
    )
