from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from tests.judging.conftest import scan_of, squares

from diffrendergan.judging.evidence import Shown
from diffrendergan.judging.stage import judge_shown
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.runs.reporter import SilentReporter

TRUE = squares(96, 12, 24)


def left_half(scan: Micrograph) -> tuple[np.ndarray, np.ndarray]:
    labels = np.where(np.arange(96) < 48, TRUE, 0).astype(np.int32)
    return labels, np.zeros_like(labels, bool)


def right_half(scan: Micrograph) -> tuple[np.ndarray, tuple[str, ...]]:
    return np.where(np.arange(96) < 48, 0, TRUE).astype(np.int32), ()


def test_a_scan_shows_what_each_of_both_sees_alone(tmp_path: Path) -> None:
    scan = scan_of(TRUE, "one")
    shown = Shown([(scan, False)], patches=[scan], synthetic=[(scan, TRUE)], empty=[])
    verdict = judge_shown(shown, left_half, right_half, tmp_path, SilentReporter(), "digest", 5.0)
    assert verdict.evidence.agreement.dice == 0
    assert [finding.name for finding in verdict.findings] == ["unlearned", "generalist"]
    assert (verdict.judgement, verdict.network, verdict.pixel_size_nm) == ("bad", "digest", 5.0)
    drawn = np.asarray(Image.open(tmp_path / "judge" / "overlays" / "one.png")).astype(int)
    red, _, blue = drawn[12, 12]  # inside the first square, away from the outline
    assert red > blue + 50
    red, _, blue = drawn[12, 84]
    assert blue > red + 50
