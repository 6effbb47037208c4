from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.fixtures.verdicts import fine_evidence

from diffrendergan.image_files.writing import write_png
from diffrendergan.judging.evidence import Agreement
from diffrendergan.judging.verdict import judged, write_verdict
from diffrendergan.reporting.page.verdict_section import verdict_section

from .test_page import page_of


def test_before_it_is_judged_a_run_says_so(tmp_path: Path) -> None:
    assert verdict_section(tmp_path, None) == {"missing": "The run is not judged yet: `diffrendergan judge` does that."}


def test_a_page_begins_with_its_verdict_and_shows_scans_though_none_is_held_out(project, run) -> None:  # type: ignore[no-untyped-def]
    verdict = judged(replace(fine_evidence(), learning=Agreement(0.3, 0.1)), "digest", 5.0)
    write_verdict(run, verdict)
    for name in ("scan 1", "scan 7"):
        write_png(run / "judge" / "overlays" / f"{name}.png", np.zeros((32, 32, 3), np.uint8))
    (run / "evaluate" / "scores.json").unlink()
    html = page_of(project, run)
    assert html.index('id="verdict"') < html.index('id="scores"')
    assert '<p class="verdict bad"><b>This run is bad: do not use its figures before it is mended.' in html
    assert "The network does not find the particles of its own synthetic images (Dice 0.30)" in html
    assert "<code>segmentation.steps</code>" in html
    assert "held out · 50 particles, 20 % covered; generalist 52" in html  # scan 1
    assert "trained on · 50 particles" in html  # scan 7
    section = verdict_section(run, verdict)
    assert [figure["name"] for figure in section["figures"]] == ["scan 1", "scan 7"]
