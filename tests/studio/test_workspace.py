from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from diffrendergan.errors import ConfigError, DataError
from diffrendergan.image_files.writing import write_png
from diffrendergan.studio.workspace import STATE, open_workspace, scans_folder, upload_name


def test_what_the_page_shows_is_on_disk(tmp_path: Path) -> None:
    open_workspace(tmp_path / "new").remember(tab="Particles", least_confidence=0.4)
    state = open_workspace(tmp_path / "new").state()
    assert (state.tab, state.least_confidence, state.scan) == ("Particles", 0.4, "")


def test_a_broken_or_newer_state_costs_nothing(tmp_path: Path) -> None:
    space = open_workspace(tmp_path)
    space.remember(tab="Run")
    (tmp_path / STATE).write_text('{"tab": "Look", "unheard_of": 1}', encoding="utf-8")
    assert space.state().tab == "Look"
    (tmp_path / STATE).write_text("{", encoding="utf-8")
    assert space.state().tab == "Scans"


def test_a_folder_of_scans_is_left_as_it_is(tmp_path: Path) -> None:
    scans = tmp_path / "grid"
    write_png(scans / "a.png", np.zeros((8, 8), np.uint8))
    space = open_workspace(scans)
    assert space.folder == tmp_path / "grid-studio"
    assert space.scans == scans
    listing = space.listing()
    assert listing is not None and list(listing.files) == ["a"]
    space.remember(tab="Run")
    assert [path.name for path in scans.iterdir()] == ["a.png"]


def test_results_lie_beside_the_folder_that_a_path_leads_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scans" / "more").mkdir(parents=True)
    write_png(tmp_path / "scans" / "a.png", np.zeros((8, 8), np.uint8))
    monkeypatch.chdir(tmp_path / "scans" / "more")
    space = open_workspace(Path(".."))
    assert (space.folder, space.scans) == (tmp_path / "scans-studio", tmp_path / "scans")


def test_other_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="neither scans nor results"):
        open_workspace(tmp_path)
    with pytest.raises(ConfigError, match="is a file"):
        open_workspace(tmp_path / "thesis.docx")


def test_a_named_folder_holds_scans(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Name a folder"):
        scans_folder("  ")
    with pytest.raises(DataError, match="does not exist"):
        scans_folder(str(tmp_path / "none"))
    write_png(tmp_path / "a.png", np.zeros((8, 8), np.uint8))
    assert scans_folder(f" {tmp_path} ") == tmp_path


@pytest.mark.parametrize(
    "given, name",
    [
        ("a.tif", "a.tif"),
        ("../../etc/a.TIF", "a.tif"),
        ("C:\\scans\\b 1.png", "b 1.png"),
        ("..png", "scan.png"),
        ("a:b?.jpg", "a_b_.jpg"),
    ],
)
def test_uploads_get_names_of_ours(given: str, name: str) -> None:
    assert upload_name(given) == name


def test_what_is_no_scan_is_not_uploaded() -> None:
    with pytest.raises(DataError, match=r"notes\.txt is passed over"):
        upload_name("notes.txt")


def test_only_uploaded_scans_are_put_aside(tmp_path: Path) -> None:
    space = open_workspace(tmp_path / "work")
    write_png(space.uploads / "a.png", np.zeros((8, 8), np.uint8))
    space.put_aside("a")
    assert space.listing() is None
    assert (space.folder / "removed" / "a.png").is_file()
    write_png(tmp_path / "own" / "b.png", np.zeros((8, 8), np.uint8))
    space.remember(scans=str(tmp_path / "own"))
    space.put_aside("b")
    assert (tmp_path / "own" / "b.png").is_file()
