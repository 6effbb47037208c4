"""The stage `judge`: whether a run can be relied on, worked out without labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from diffrendergan.config.project import Project
from diffrendergan.evaluation.pictures import overlay
from diffrendergan.gan.stage import STAGE as TRAINING
from diffrendergan.gan.won import won_sentence
from diffrendergan.image_files.writing import write_png
from diffrendergan.judging.evidence import Generalist, LookedAt, Network, Shown, evidence_of, look_at
from diffrendergan.judging.eyes import network_of, packaged_generalist, shown_of
from diffrendergan.judging.findings import with_adversary
from diffrendergan.judging.verdict import OVERLAYS, STAGE, Verdict, judged, write_verdict
from diffrendergan.micrographs.field import recorded
from diffrendergan.patches.prepare import load_prepared
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.reporter import Reporter
from diffrendergan.segmentation.networks import network_file


def run_judge(project: Project, folder: Path, reporter: Reporter) -> None:
    """Set what the first network finds in some scans beside its synthetic images and the packaged generalist.

    In `judge`: `verdict.json`, and `overlays/<scan>.png`, on which what both find is green, what only the network
    finds red, and what only the generalist finds blue. No annotation is read.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : Path
        The run folder, with the stages `prepare`, `synthesize` and `segment` done.
    reporter : Reporter
        Shows progress, and the verdict.

    Raises
    ------
    DataError
        If a scan cannot be read any more.
    RunFolderError
        If the network is missing or broken, or a file cannot be written.
    """
    prepared = load_prepared(folder)
    shown = shown_of(project, folder, prepared)
    verdict = judge_shown(
        shown, network_of(project, folder), packaged_generalist(project), folder, reporter,
        network_digest(project, folder), prepared.pixel_size_nm,
    )  # fmt: skip
    won = won_sentence(folder / TRAINING, project.training) if project.generator.trains else None
    verdict = replace(verdict, findings=with_adversary(verdict.findings, verdict.evidence, won))
    write_verdict(folder, verdict)
    reporter.note(f"judged: {verdict.headline}")


def judge_shown(
    shown: Shown,
    network: Network,
    generalist: Generalist,
    folder: Path,
    reporter: Reporter,
    digest: str,
    pixel_size_nm: float | None,
) -> Verdict:
    """Return the verdict on a network by what is looked at, and write the overlays of the scans into a run folder."""
    looked = []
    for scan, _ in reporter.track(shown.scans, "Judging the run"):
        looked.append(look_at(scan, network, generalist))
        _write_overlay(folder / STAGE / OVERLAYS, looked[-1])
    evidence = evidence_of(shown, looked, network, generalist)
    return judged(evidence, digest, pixel_size_nm)


def network_digest(project: Project, folder: Path) -> str:
    """Return the digest of the network of a run that is judged."""
    place = folder / "segment" / f"seed_{project.evaluation.seeds[0]}"
    return sha256_of(network_file(place, project.segmentation).read_bytes())


def _write_overlay(place: Path, looked: LookedAt) -> None:
    drawn = overlay(recorded(looked.scan), looked.by_network.labels, looked.by_generalist.labels)
    write_png(place / f"{looked.scan.name}.png", drawn)
