from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from diffrendergan.runs.observation import PROGRESS, Observation, observed
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.rules import LogRules
from diffrendergan.runs.run_log import EARLIER, LOG, RunLog, last_session, read_log

QUICK = LogRules(pulse_s=0.01, progress_s=0.0, stall_s=0.05)


class Lines(SilentReporter):
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


def events(folder: Path) -> list[str]:
    return [event["event"] for event in read_log(folder)]


def test_what_happens_is_kept_line_by_line(tmp_path: Path) -> None:
    with (
        observed(tmp_path, SilentReporter(), ["train"], lambda stage: {"loss": 0.5}) as seen,
        seen.stage("train", "new") as told,
    ):
        seen.note("warning: dim scans")
        assert list(seen.track("ab", "Training")) == ["a", "b"]
        told["seconds"] = 1.5
    lines = {event["event"]: event for event in read_log(tmp_path)}
    assert lines["begins"]["stages"] == ["train"]
    assert lines["note"] == lines["note"] | {"stage": "train", "text": "warning: dim scans"}
    assert lines["stage ends"] == lines["stage ends"] | {"seconds": 1.5, "figures": {"loss": 0.5}}
    assert lines["ends"]["how"] == "finished"
    assert json.loads((tmp_path / PROGRESS).read_text())["tracks"] == []


@pytest.mark.parametrize(("error", "how"), [(ValueError("no room"), "failed"), (KeyboardInterrupt(), "interrupted")])
def test_the_end_is_told(tmp_path: Path, error: BaseException, how: str) -> None:
    with pytest.raises(type(error)), observed(tmp_path, SilentReporter(), []):
        raise error
    assert last_session(tmp_path)[-1] == last_session(tmp_path)[-1] | {"event": "ends", "how": how}


@pytest.mark.parametrize(("busy", "doing"), [(0.0, "it waits for something"), (1.0, "it still computes")])
def test_a_stall_is_told_once_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: float, doing: str
) -> None:
    monkeypatch.setattr(time, "process_time", lambda: busy * time.monotonic())
    shown = Lines()
    seen = Observation(tmp_path, shown, lambda stage: {}, LogRules(stall_s=0.01))
    with seen.stage("fit", "new"):
        for number in seen.track(range(2), "Fitting"):
            time.sleep(0.02)
            for _ in range(0 if number else 3):
                seen.pulse()
    assert events(tmp_path).count("stalls") == 1
    (stall,) = (event for event in read_log(tmp_path) if event["event"] == "stalls")
    assert (stall["stage"], stall["on"]) == ("fit", "Fitting 0/2")
    assert "goes on" in events(tmp_path)
    assert "Fitting 0/2" in shown.said[0] and doing in shown.said[0]


def test_work_is_looked_at_beside_it(tmp_path: Path) -> None:
    with observed(tmp_path, SilentReporter(), ["fit"], rules=QUICK):
        until = time.monotonic() + 20
        while "stalls" not in events(tmp_path) and time.monotonic() < until:
            time.sleep(0.01)
    assert {"progress", "stalls"} <= set(events(tmp_path))


def test_a_clock_that_is_set_is_no_stall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Observation(tmp_path, SilentReporter(), lambda stage: {}, LogRules())
    monkeypatch.setattr(time, "time", lambda then=time.time(): then + 86_400)  # noqa: B008
    seen.pulse()
    assert "stalls" not in events(tmp_path)


def test_patience_follows_the_pace(tmp_path: Path) -> None:
    seen = Observation(tmp_path, SilentReporter(), lambda stage: {}, LogRules(stall_s=1e-6, stall_paces=20))
    for number in seen.track(range(3), "Slow"):
        time.sleep(0.01)
        assert (seen.patience() > 0.2) == (number == 2)


def test_the_log_is_bounded_and_survives_half_lines(tmp_path: Path) -> None:
    log = RunLog(tmp_path, most_bytes=3000)
    for number in range(100):
        log.write("note", text=f"{number}")
    assert (tmp_path / LOG).stat().st_size <= 3200 and (tmp_path / EARLIER).stat().st_size <= 3200
    with (tmp_path / LOG).open("a") as handle:
        handle.write('{"event": "no')
    log.write("note", text="x" * 10_000, value=float("nan"))
    last = list(read_log(tmp_path))[-1]
    assert len(last["text"]) == 2000 and last["value"] is None
    assert [event["text"] for event in read_log(tmp_path)][-2] == "99"


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / LOG).mkdir()
    RunLog(tmp_path).write("note", text="lost")
