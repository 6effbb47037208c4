from __future__ import annotations

from diffrendergan.runs.reporter import SilentReporter


def test_silence_passes_items_on(capsys) -> None:  # type: ignore[no-untyped-def]
    reporter = SilentReporter()
    assert list(reporter.track(iter("ab"), "letters")) == ["a", "b"]
    reporter.note("a line")
    assert capsys.readouterr() == ("", "")
