from __future__ import annotations

import pytest
from typer.testing import CliRunner

from diffrendergan.cli.commands import checks
from diffrendergan.cli.commands.checks import Finding, ask
from diffrendergan.cli.main import app


def test_an_aborting_process_is_an_answer() -> None:
    answer = ask("import os, sys; print('LLVM ERROR: Cannot select', file=sys.stderr, flush=True); os.abort()")
    assert not answer.ok
    assert answer.text == "the process was killed by signal 6 (LLVM ERROR: Cannot select)"


def test_an_exception_and_a_hang_are_answers() -> None:
    assert ask("raise ValueError('no')").text == "ValueError: no"
    assert not ask("raise ValueError('no')").ok
    assert ask("import time; time.sleep(30)", timeout_s=0.5).text == "no answer within 0 s"


def test_a_process_finds_this_package() -> None:
    answer = ask("import diffrendergan; print(diffrendergan.__file__)")
    assert answer.ok
    assert answer.text.endswith("__init__.py")


def test_findings_are_listed_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        checks,
        "CHECKS",
        (
            lambda: Finding("Alpha", "ok", "1.0"),
            lambda: Finding("Beta", "optional", "none", "buy one."),
        ),
    )
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "ok       Alpha: 1.0",
        "optional Beta: none",
        "         → buy one.",
        "Everything that is needed works.",
    ]


def test_a_problem_ends_in_failure_after_all_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = (lambda: Finding("Alpha", "problem", "gone", "install it."), lambda: Finding("Beta", "ok", "there"))
    monkeypatch.setattr(checks, "CHECKS", found)
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "→ install it." in result.output
    assert "ok       Beta: there" in result.output


def test_a_wrong_pin_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_installed", lambda name: {"mitsuba": "3.6.4", "drjit": None}[name])
    finding = checks.check_mitsuba()
    assert finding.state == "problem"
    assert finding.detail == "mitsuba 3.6.4, drjit is not installed"
    assert finding.mend == "pip install mitsuba==3.9.1 drjit==1.5.0"


def test_what_the_renderer_lacks_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "diffrendergan.errors.MissingDependencyError: Mitsuba cannot be imported (libatomic.so.1); mend it with `x`."
    monkeypatch.setattr(checks, "ask", lambda _: checks.Answer(False, said))
    finding = checks.check_rendering()
    assert (finding.detail, finding.mend) == ("Mitsuba cannot be imported (libatomic.so.1)", "mend it with `x`.")


def test_no_libllvm_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffrendergan.rendering.llvm.find_libllvm", lambda: None)
    finding = checks.check_llvm()
    assert finding.fatal
    assert "apt-get install libllvm19" in finding.mend
    monkeypatch.undo()
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/nowhere/libLLVM-19.so")
    assert "/nowhere/libLLVM-19.so" in checks.check_llvm().detail


def test_little_memory_and_disk_are_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_available_memory_gb", lambda: 1.0)
    monkeypatch.setattr(checks, "LEAST_DISK_GB", 1e9)
    assert checks.check_memory().state == "optional"
    assert checks.check_disk().state == "optional"


def test_the_pins_are_those_of_the_package() -> None:
    import tomllib
    from pathlib import Path

    dependencies = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {f"{name}=={number}" for name, number in checks.PINNED.items()} <= set(dependencies)


@pytest.mark.slow
def test_this_machine_can_do_the_work() -> None:
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0, result.output
    assert "Rendering on the CPU: a pixel of value" in result.output
