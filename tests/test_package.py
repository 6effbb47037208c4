"""What the package says of itself: version, citation, licence, types, completion."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from ruamel.yaml import YAML

import diffrendergan

ROOT = Path(__file__).parents[1]


def test_the_version_stands_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"] and "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/diffrendergan/version.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+", diffrendergan.__version__)


def test_citation_and_changes_name_the_version():
    cited = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert cited["version"] == diffrendergan.__version__
    assert cited["preferred-citation"]["doi"] == "10.1038/s41524-025-01702-6"
    assert cited["preferred-citation"]["authors"][0]["family-names"] == "Possart"
    assert f"version = {{{diffrendergan.__version__}}}" in (ROOT / "docs" / "citing.md").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(.*?)\]", changes, flags=re.M)[:2] == ["Unreleased", diffrendergan.__version__]


def test_forms_for_issues_are_forms():
    folder = ROOT / ".github" / "ISSUE_TEMPLATE"
    forms = [YAML(typ="safe").load(path) for path in sorted(folder.glob("*.yml")) if path.name != "config.yml"]
    assert len(forms) >= 3
    for form in forms:
        assert form["name"] and form["description"] and form["body"]
        for part in form["body"]:
            assert part["type"] in ("markdown", "textarea", "input", "dropdown", "checkboxes")
            assert part["type"] == "markdown" or (part["id"] and part["attributes"]["label"])


def test_types_are_told():
    assert (ROOT / "src" / "diffrendergan" / "py.typed").is_file()


def test_the_shell_completes_commands_and_options(tmp_path):
    def ask(*words: str, **environment: str) -> str:
        command = [sys.executable, "-m", "diffrendergan", *words]
        settings = {**os.environ, "HOME": str(tmp_path), **environment}
        done = subprocess.run(command, env=settings, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    found = ask(_DIFFRENDERGAN_COMPLETE="complete_bash", COMP_WORDS="diffrendergan quantify --boot", COMP_CWORD="2")
    assert found.split() == ["--bootstrap"]
    # Typer's own switch for tests: without it, the shell is that of the process above.
    ask("--install-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_DIFFRENDERGAN_COMPLETE=complete_bash" in "".join(
        path.read_text(encoding="utf-8") for path in tmp_path.rglob("diffrendergan.sh")
    )
