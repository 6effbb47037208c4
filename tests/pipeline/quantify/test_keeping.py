"""Results that are whole and of the same origin are kept; others are made anew, and nothing else is touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.pipeline.quantify.conftest import FAST, Threshold, run, summary, times, write_scan

from diffrendergan.errors import RunFolderError
from diffrendergan.pipeline.quantify.run import QuantifySettings, quantify_scans
from diffrendergan.runs.lock import locked
from diffrendergan.runs.reporter import SilentReporter


def test_an_interrupted_run_continues(paths: list[Path], tmp_path: Path) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    run(paths[:2], out)
    (out / "labels" / "b.tif").unlink()
    again = Threshold()
    made = run(paths, out, again)
    assert again.seen == ["b", "c"] and made.kept == ("a",)
    run(paths, whole)
    for name in ("particles.csv", "scans.csv", "summary.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.mark.parametrize("change", ["scan", "segmenter", "settings", "force"])
def test_what_was_made_otherwise_is_made_anew(paths: list[Path], tmp_path: Path, change: str) -> None:
    out = tmp_path / "out"
    run(paths, out)
    segmenter, settings, expected = Threshold(), FAST, ["a", "b", "c"]
    if change == "scan":
        write_scan(paths[0], 9)
        expected = ["a"]
    elif change == "segmenter":
        segmenter = Threshold(level=0.6)
    elif change == "settings":
        settings = QuantifySettings(bootstrap=20, figures=False, pixel_size_nm=3.0)
    else:
        settings = QuantifySettings(bootstrap=20, figures=False, force=True)
    run(paths, out, segmenter, settings)
    assert segmenter.seen == expected


DRAWN = QuantifySettings(bootstrap=20)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is made of the first two scans, with figures; to be copied."""
    folder = tmp_path_factory.mktemp("drawn")
    for seed, name in enumerate("ab"):
        write_scan(folder / f"{name}.tif", seed)
    run(sorted(folder.iterdir()), folder / "out", settings=DRAWN)
    return folder / "out"


def test_without_figures_finished_scans_and_their_figures_stay(paths: list[Path], drawn: Path, tmp_path: Path) -> None:
    out, two = shutil.copytree(drawn, tmp_path / "out"), paths[:2]
    before, again = times(out / "figures"), Threshold()
    assert run(two, out, again, FAST).kept == ("a", "b")
    assert not again.seen and times(out / "figures") == before and "sizes.png" in before
    # The figures are still known: asked for again, nothing is drawn anew but those of all scans.
    assert run(two, out, again, DRAWN).kept == ("a", "b")
    assert not again.seen and times(out / "figures").keys() == before.keys()


def test_without_figures_those_of_other_results_go(paths: list[Path], drawn: Path, tmp_path: Path) -> None:
    out, two, again = shutil.copytree(drawn, tmp_path / "out"), paths[:2], Threshold()
    write_scan(paths[0], 9)
    run(two, out, again, FAST)
    assert again.seen == ["a"]
    of_b = {f"b_{kind}.{ending}" for kind in ("sizes", "instances") for ending in ("png", "svg")}
    assert set(times(out / "figures")) == of_b
    run(paths[1:2], out, again, DRAWN)
    assert (out / "figures" / "sizes.png").is_file()
    run(two, out, again, FAST)  # more scans are other numbers
    assert set(times(out / "figures")) == of_b and again.seen == ["a"]


def test_figures_can_be_asked_for_later(paths: list[Path], drawn: Path, tmp_path: Path) -> None:
    class Notes(SilentReporter):
        def note(self, message: str) -> None:
            said.append(message)

    said: list[str] = []
    out, two = tmp_path / "out", paths[:2]
    run(two, out)
    run(two[:1], out, settings=DRAWN)
    (out / "figures" / "a_sizes.png").write_bytes(b"kept")
    again = Threshold()
    made = quantify_scans(two, again, DRAWN, out, Notes())
    assert again.seen == ["b"] and made.kept == ("a",)
    assert "1 of 2 scans lacked figures, and were measured again to draw them." in said
    assert (out / "figures" / "a_sizes.png").read_bytes() == b"kept"
    assert times(out / "figures").keys() == times(drawn / "figures").keys()
    for name in ("particles.csv", "scans.csv", "summary.json", "figures/sizes.svg", "figures/b_sizes.svg"):
        assert (out / name).read_bytes() == (drawn / name).read_bytes(), name


def test_a_missing_figure_matters_only_where_figures_are_asked_for(
    paths: list[Path], drawn: Path, tmp_path: Path
) -> None:
    out, again = shutil.copytree(drawn, tmp_path / "out"), Threshold()
    (out / "figures" / "a_instances.svg").unlink()
    run(paths[:1], out, again, FAST)
    assert not again.seen
    run(paths[:1], out, again, DRAWN)
    assert again.seen == ["a"] and (out / "figures" / "a_instances.svg").is_file()


def test_figures_that_cannot_be_drawn_later_lose_no_numbers(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object, **named: object) -> None:
        raise MemoryError

    out = tmp_path / "out"
    run(paths[:1], out)
    before = (out / "particles.csv").read_bytes()
    monkeypatch.setattr("diffrendergan.pipeline.quantify.scan.instances_figure", broken)
    made = run(paths[:1], out, settings=DRAWN)
    assert not made.failed and made.kept == ("a",)
    assert (out / "particles.csv").read_bytes() == before and (out / "particles" / "a.csv").is_file()


def test_where_the_model_lies_does_not_matter(paths: list[Path], tmp_path: Path) -> None:
    run(paths, tmp_path / "out")
    assert run(paths, tmp_path / "out", Threshold(place="/home/me/run/model.pt")).kept == ("a", "b", "c")
    assert summary(tmp_path / "out")["made_with"]["segmenter"]["model"] == "/home/me/run/model.pt"


def test_a_scan_that_fails_later_leaves_no_old_results(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(paths, out)
    paths[0].write_bytes(b"")
    run(paths, out)
    assert not list(out.glob("*/a*")) and (out / "particles" / "b.csv").is_file()


def test_results_of_an_earlier_command_do_not_stay(paths: list[Path], tmp_path: Path) -> None:
    out, two = tmp_path / "out", paths[:2]
    write_scan(paths[1], 1, None)
    run(two, out, Threshold("wires"), QuantifySettings(bootstrap=0))
    assert (out / "wires-px.csv").is_file() and (out / "figures" / "thickness-px.png").is_file()
    run(two, out, settings=QuantifySettings(bootstrap=0, figures=False, pixel_size_nm=2.0))
    left = {path.name for path in out.iterdir() if path.suffix in (".csv", ".parquet")}
    assert left == {"particles.csv", "particles.parquet", "scans.csv", "scans.parquet"}
    assert not list((out / "figures").iterdir()) and not list((out / "wires").iterdir())


def test_two_commands_cannot_work_in_one_folder(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(paths, out)
    with locked(out, "wait"), pytest.raises(RunFolderError, match=r"in use .* with --out"):
        run(paths, out)


def test_what_a_kill_left_is_removed(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / ".lock").touch()
    (out / ".partial-0.json").touch()  # killed before anything was written
    run(paths[:1], out)
    (out / "particles" / ".partial-1.csv").touch()
    run(paths[:1], out)
    assert not list(out.rglob(".partial-*"))


def test_a_foreign_folder_is_left_alone(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years")
    with pytest.raises(RunFolderError, match="--force"):
        run(paths, out)
    run(paths, out, settings=QuantifySettings(bootstrap=0, figures=False, force=True))
    assert (out / "thesis.txt").read_text() == "years"


def test_results_that_changed_since_are_not_taken_for_results(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(paths[:2], out)
    table = out / "particles" / "a.csv"
    whole = table.read_bytes()
    table.write_bytes(whole.replace(b"1", b"7", 1))
    with pytest.raises(RunFolderError, match=r"a\.csv is changed since .* remove it, and the same command makes it"):
        run(paths[:2], out)
    table.unlink()
    again = Threshold()
    run(paths[:2], out, again)
    assert again.seen == ["a"] and table.read_bytes() == whole
