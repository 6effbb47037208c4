from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

import diffrendergan
from diffrendergan.cli.main import app

# pydantic is no concern of ours: typer brings it.
HEAVY = (
    "torch",
    "mitsuba",
    "drjit",
    "scipy",
    "matplotlib",
    "skimage",
    "numpy",
    "trimesh",
    "tifffile",
)

PROBE = """
import sys
sys.argv = ["diffrendergan", *{arguments!r}]
try:
    from diffrendergan.cli.main import main
    main()
except SystemExit as end:
    assert not end.code, end.code
print("LOADED", *sorted(name for name in sys.modules if name.partition(".")[0] in {heavy!r}))
"""

COMMANDS = (
    "run", "prepare", "train", "select", "synthesize", "segment", "evaluate", "report", "score",
    "init", "calibrate", "measure", "preview", "quantify", "correct", "particles", "fetch", "demo", "doctor", "version",
    "export", "export-data", "import", "zoo", "studio",
)  # fmt: skip


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = PROBE.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED"


def test_the_package_itself_imports_nothing() -> None:
    code = "import sys; before = set(sys.modules); import diffrendergan; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['diffrendergan']"


def test_all_commands_are_listed() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 4


def test_evaluate_alone_among_the_stages_takes_with_real() -> None:
    for command in ("evaluate", "run"):
        assert "--with-real" in CliRunner().invoke(app, [command, "--help"]).output
    assert "--with-real" not in CliRunner().invoke(app, ["train", "--help"]).output


def test_version() -> None:
    for arguments in (["version"], ["--version"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0
        assert result.output == f"diffrendergan {diffrendergan.__version__}\n"


def test_an_unknown_command_or_option_is_a_usage_error() -> None:
    for arguments in (["rum"], ["run", "--epochs", "3"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 2
        assert "Traceback" not in result.output


def test_the_module_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "diffrendergan", "version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"diffrendergan {diffrendergan.__version__}\n"
