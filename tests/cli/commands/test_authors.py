from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from diffrendergan.cli.main import app


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import-authors", "missing.json"], "missing.json does not exist"),
        (["import-authors", "one.json"], "name the weights after the settings"),
        (["import-authors", "one.json", "G.pth"], "--meshes"),
        (["import-authors", "models", "G.pth"], "is a folder of models"),
        (["import-authors", "models"], "holds no models"),
        (["contact-sheet", "models"], "does not exist"),
    ],
)
def test_wrong_input_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments, said) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.json").write_text("{}")
    (tmp_path / "models").mkdir()
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr
