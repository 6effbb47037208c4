from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from diffrendergan.cli.main import app
from diffrendergan.config.yaml_text import dump_yaml
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.write import write_demo_data

PROJECT = {
    "preset": "demo",
    "look": "paper",
    "data": {
        "images": "data/images",
        "patch_size": 64,
        "stride": 32,
        "patches": 4,
        "min_full_particles": 1,
        "search": "thresholds",
    },
    "particles": {"count": 8, "faces": 200},
    "arrangement": {"unit": 0.5, "limit": 1.2, "agglomerates": 2},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preview")
    settings = MicroscopeSettings(width=320, height=232, data_bar=40)
    write_demo_data(folder / "data", 3, settings, 0, SilentReporter())
    (folder / "project.yaml").write_text(dump_yaml(PROJECT))
    return folder


def test_preview_draws_a_sheet_and_trains_nothing(folder: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheets" / "sheet.png"
    before = sorted(folder.rglob("*"))
    arguments = ["preview", str(folder / "project.yaml"), "--arrangements", "4", "-o", str(sheet), "-q"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    for words in ("median diameter", "covered fraction", "particles per patch", f"wrote {sheet}"):
        assert words in result.stdout
    with Image.open(sheet) as picture:
        assert picture.format == "PNG" and picture.size[0] > 1000
    assert sorted(folder.rglob("*")) == before and [path.name for path in sheet.parent.iterdir()] == ["sheet.png"]
    again = CliRunner().invoke(app, [*arguments, "--set", "particles.count=2"])
    assert again.exit_code == 0 and again.stdout != result.stdout


def test_dark_particles_stay_dark(folder: Path, tmp_path: Path) -> None:
    import numpy as np

    from diffrendergan.config.load import load_project
    from diffrendergan.reporting.preview.preview import make_preview

    (tmp_path / "images").mkdir()
    for path in (folder / "data" / "images").iterdir():
        with Image.open(path) as scan:
            Image.fromarray(255 - np.asarray(scan.convert("L"))[:192]).save(tmp_path / "images" / f"{path.stem}.png")
    changes = [f"data.images={tmp_path / 'images'}", "data.foreground=dark", "data.data_bar=0"]
    made = make_preview(load_project(folder / "project.yaml", None, changes), 3, SilentReporter())
    assert made.unit == "px"
    for picture, labels in zip(made.drawn.pictures, made.drawn.labels, strict=True):
        if (labels > 0).any():
            assert picture[labels > 0].mean() < picture[labels == 0].mean() - 0.1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["preview"], "name a project file"),
        (["preview", "missing.yaml"], "missing.yaml"),
        (["preview", "--preset", "demo"], "set data.images"),
    ],
)
def test_wrong_input_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments, said) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert said in result.stderr and "Traceback" not in result.stderr
    assert not (tmp_path / "preview.png").exists()
