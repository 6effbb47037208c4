from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from skimage.measure import label
from tests.fixtures.command_line import in_this_process

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.settings import QuantifySettings
from diffrendergan.pipeline.watch.instrument import instrument_of
from diffrendergan.pipeline.watch.ledger import LEDGER
from diffrendergan.pipeline.watch.run import Waiting, WatchSettings, watch_folder
from diffrendergan.pipeline.watch.state import STATE, WatchState, read_state, write_state
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.seal import SEAL

FAST = QuantifySettings(bootstrap=20, figures=False)


class Lines(SilentReporter):
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


class Threshold:
    """Stands for a network; counts what it was asked."""

    structure, grey, rules = "particles", None, ReadingRules(data_bar=0, pixel_size_nm=2.0)
    doubts = ()

    def __init__(self) -> None:
        self.seen: list[str] = []

    def segment(self, scan: Micrograph) -> np.ndarray:
        self.seen.append(scan.name)
        return label(scan.pixels > 0.5, connectivity=1).astype(np.int32)

    def describe(self) -> dict[str, Any]:
        return {"model": "run/model.pt"}

    def files(self, name: str) -> tuple[Path, ...]:
        return ()


def write_scan(path: Path, seed: int, radius: float = 6, noise: float = 4) -> None:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:96, :128]
    scan = rng.normal(40, noise, (96, 128))
    for row in range(16, 96, 24):
        for column in range(16, 128, 24):
            scan[(y - row) ** 2 + (x - column) ** 2 < (radius + rng.normal(0, 0.4)) ** 2] += 160
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.clip(scan, 0, 255).astype(np.uint8))


def settled() -> Waiting:
    """Return a time that passes without being waited for."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return Waiting(lambda: now[0], sleep)


def table(path: Path) -> list[dict[str, str]]:
    with path.open() as handle:
        return list(csv.DictReader(handle))


def test_what_has_arrived_is_measured_once_and_samples_are_compared(tmp_path: Path) -> None:
    scans, out, segmenter, lines = tmp_path / "in", tmp_path / "out", Threshold(), Lines()
    for sample, radius in (("A", 5.0), ("B", 7.0)):
        for number in range(4):
            write_scan(scans / sample / f"{number}.tif", number, radius)
    (scans / "A" / "torn.tif").write_bytes((scans / "A" / "0.tif").read_bytes()[:300])
    once = WatchSettings(once=True)
    seen = watch_folder(scans, segmenter, FAST, out, lines, (), once, settled())
    assert len(seen.scans) == 8 and [entry.scan for entry in seen.failed] == ["torn"]
    assert any("torn.tif is passed over" in line for line in lines.said)
    (compared,) = table(out / "comparisons.csv")
    assert (compared["first"], compared["second"]) == ("A", "B")
    assert 6 < float(compared["median_difference_nm"]) < 10 and compared["medians_differ"] == "true"
    assert compared["distributions_differ"] == "true"
    assert [row["scans"] for row in table(out / "samples.csv")] == ["4", "4"]
    page = (out / "watch.html").read_text()
    assert "torn" in page and "medians differ" in page and "http-equiv" not in page

    segmenter.seen.clear()
    write_scan(scans / "A" / "5.tif", 5, 5.0)
    write_scan(scans / "A" / "torn.tif", 6, 5.0)
    assert len(watch_folder(scans, segmenter, FAST, out, lines, (), once, settled()).scans) == 10
    assert sorted(segmenter.seen) == ["5", "torn"]


def test_what_was_stopped_or_changed_is_looked_at_again(tmp_path: Path) -> None:
    scans, out, segmenter, once = tmp_path / "in", tmp_path / "out", Threshold(), WatchSettings(once=True)
    lines = Lines()
    for number in range(2):
        write_scan(scans / f"{number}.tif", number)

    def look() -> list[dict[str, Any]]:
        seen = watch_folder(scans, segmenter, FAST, out, lines, (), once, settled())
        return [{**asdict(scan.entry), "time": ""} for scan in seen.scans]

    wanted = look()
    (sample,) = (out / "samples").iterdir()
    # Ended after a scan was measured and before its line, or before the checksums.
    (out / LEDGER).write_text((out / LEDGER).read_text().splitlines()[0] + "\n")
    (sample / SEAL).unlink()
    assert look() == wanted and (sample / SEAL).is_file() and segmenter.seen == ["0", "1"]
    (sample / "scans" / "1.json").unlink()
    assert look() == wanted and segmenter.seen == ["0", "1", "1"]
    (out / LEDGER).write_text((out / LEDGER).read_text().replace('"size": ', '"size": 1', 1))
    assert look() == wanted[::-1] and segmenter.seen == ["0", "1", "1"]  # as if the first had come last
    assert any(f"1 line of {out / LEDGER} changed since" in line for line in lines.said)
    table = next((sample / "particles").glob("0.*"))
    table.write_bytes(table.read_bytes()[:-1])
    with pytest.raises(RunFolderError, match=f"{table.name} is of another size"):
        look()


def test_a_state_that_changed_is_refused(tmp_path: Path) -> None:
    write_state(tmp_path, WatchState(folder="here", stretches={"a": {"low": 1.0, "high": 2.0}, "b": None}))
    assert read_state(tmp_path).stretch("a") == Stretch(1.0, 2.0)
    text = (tmp_path / STATE).read_text()
    for changed in (text.replace("2.0", "3.0"), "[]", '{"folder": "here"}', '{"folder": "", "stretches": {"a": {}}}'):
        (tmp_path / STATE).write_text(changed)
        with pytest.raises(RunFolderError, match="is not as `watch` wrote it"):
            read_state(tmp_path)


def test_doubts_and_copies_are_told(tmp_path: Path) -> None:
    class Unsure(Threshold):
        doubts = ("look twice.",)

        def segment_and_doubt(self, scan: Micrograph) -> tuple[np.ndarray, tuple[str, ...]]:
            return self.segment(scan), ("it is odd",) if scan.name == "b" else ()

    scans, out, lines = tmp_path / "in", tmp_path / "out", Lines()
    for sample, name, seed in (("A", "a", 0), ("A", "b", 1), ("B", "c", 0)):
        write_scan(scans / sample / f"{name}.tif", seed)
    seen = watch_folder(scans, Unsure(), FAST, out, lines, (), WatchSettings(once=True), settled())
    assert seen.doubts[:2] == ("look twice.", "A, b: it is odd.")
    assert "under several names: A, a = B, c;" in seen.doubts[2]
    assert [line for line in lines.said if line.startswith("warning")] == [f"warning: {one}" for one in seen.doubts]
    assert [row["doubts"] for row in table(out / "scans.csv")] == ["", "it is odd", ""]
    assert "<li>A, b: it is odd.</li>" in (out / "watch.html").read_text()


def test_it_goes_on_and_tells_when_the_instrument_changes(tmp_path: Path) -> None:
    scans, out, lines = tmp_path / "in", tmp_path / "out", Lines()
    trained = []
    for number in range(5):
        write_scan(tmp_path / "t.tif", number)
        trained.append(instrument_of(as_scan(tmp_path / "t.tif")))
    write_scan(scans / "day_0.tif", 0)
    rounds = [lambda: None, lambda: write_scan(scans / "day_1.tif", 1), lambda: None]
    rounds += [lambda: [write_scan(scans / f"day_{number}.tif", number, noise=12) for number in (2, 3)], lambda: None]
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += 20
        if not rounds:
            raise KeyboardInterrupt
        rounds.pop(0)()

    waiting, chosen = Waiting(lambda: now[0], sleep), WatchSettings(pattern="{sample}_*", settle_s=5)
    with pytest.raises(KeyboardInterrupt):
        watch_folder(scans, Threshold(), FAST, out, lines, trained, chosen, waiting)
    rows = table(out / "scans.csv")
    assert [row["sample"] for row in rows] == ["day"] * 4
    assert "noise" not in rows[1]["outside"] and "noise" in rows[3]["drifts"]
    drift = [line for line in lines.said if line.startswith("warning: noise drifts")]
    assert len(drift) == 1 and "the training scans" in drift[0]
    assert "http-equiv" in (out / "watch.html").read_text()


def as_scan(path: Path) -> Micrograph:
    return Micrograph(path.stem, tifffile.imread(path).astype(np.float32) / 255, 2.0, path, 8)


def test_folders_of_others_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        watch_folder(tmp_path / "no", Threshold(), FAST, tmp_path / "out", SilentReporter())
    (tmp_path / "in").mkdir()
    for folder, group in (("no", "{sample}_*"), ("in", "foo")):
        done = in_this_process("watch", folder, "--once", "--group", group, cwd=tmp_path)
        assert done.returncode == 1 and done.stdout == ""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("")
    with pytest.raises(RunFolderError, match="no results of `watch`"):
        watch_folder(tmp_path / "in", Threshold(), FAST, tmp_path / "out", SilentReporter())
