"""Documentation executes: commands, settings and links in the README and docs are real."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import tifffile
from tests.docs.pages import GUIDES, PAGES, ROOT, blocks, calls
from tests.fixtures.command_line import in_this_process

from diffrendergan.config.yaml_text import dump_yaml, parse_yaml
from diffrendergan.image_files.decoding import decode


def commands(program: str) -> list[list[str]]:
    pages = [ROOT / "README.md", *(page for page in PAGES if page != ROOT / "README.md" and page not in GUIDES)]
    return [words for page in pages for block in blocks(page, "bash") for words in calls(block, program)]


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    used = {word for words in commands("make") for word in words if "=" not in word}
    assert {"demo", "test", "bench"} <= used <= targets


def keep_a_little(data: Path) -> None:
    """Leave a part of four scans, with their scale, and the masks of that."""
    kept = [path.stem for path in sorted((data / "images").iterdir())[:4]]
    for kind in ("images", "masks"):
        for path in (data / kind).iterdir():
            if path.stem.removesuffix("_m") not in kept:
                path.unlink()
                continue
            part = decode(path).values[:144, :192]
            tifffile.imwrite(path, part, imagej=True, resolution=(1 / 7.34375,) * 2, metadata={"unit": "nm"})


def change(project: Path, **sections: dict[str, object]) -> None:
    """Set values in sections of a project file."""
    values = parse_yaml(project.read_text(encoding="utf-8"), str(project))
    for name, changed in sections.items():
        values.setdefault(name, {}).update(changed)
    project.write_text(dump_yaml(values), encoding="utf-8")


def calibrate_quickly(project: Path) -> None:
    """Leave the generalist out: tests/e2e/test_measure.py calibrates by it."""
    change(project, data={"search": "thresholds", "patch_size": 96})


def one_of_the_models(published: Path, folder: Path) -> Path:
    """Return a folder of the model that other commands name: tests/rendering/test_published_images.py imports more."""
    for kind in ("settings", "weights", "renders"):
        (folder / kind).mkdir(parents=True)
        for path in (published / kind).glob("Ruehle2021TiO2*"):
            (folder / kind / path.name).symlink_to(path)
    (folder / "meshes").symlink_to(published / "meshes")
    return folder


def sample_a_little(project: Path) -> None:
    """Have small images drawn, with few rays: tests/rendering/test_published_images.py looks at them with all."""
    change(project, rendering={"transport": {"pixel_samples": 4, "directions": 1}}, data={"patch_size": 64})


def test_the_readmes_commands_run(tmp_path, shared):
    """As printed, in order, in an empty folder; `fetch` from files at hand, long work only planned."""
    assert commands("diffrendergan")
    done_before: list[list[str]] = []
    for words in commands("diffrendergan"):
        if words in done_before:  # what another page prints again gives the same
            continue
        done_before.append(words)
        name = words[0]
        if name == "fetch":
            words = [*words, "--from", str(shared / "data" / "tio2-sem")]
        elif words == ["doctor"]:  # tests/cli/commands/test_doctor.py gives the same command
            continue
        elif name == "init":
            words = [*words, "--force"]
        elif name == "import-authors":
            published = one_of_the_models(shared / "reference", tmp_path / "published")
            words = [str(published) if word == "PUBLISHED" else word for word in words]
        elif name == "contact-sheet":
            projects = [word for word in words if "*" in word]
            found = sorted(path for pattern in projects for path in tmp_path.glob(pattern))
            words = [word for word in words if word not in projects] + [*map(str, found), "--images", "1"]
        elif name == "calibrate":
            words = [*words, "--arrangements", "60", "--patches", "4"]
        elif name == "quantify":
            if "--model" in words:  # no network is trained here: the masks take its place
                masks = ["--labels", "tio2/masks", "--labels-suffix", "_m"]
                words = [word for word in words if word not in ("--model", "run")] + masks
            # How sure the generalist is takes as long as finding: tests/generalist/test_segmenter.py looks at that.
            sure = [] if "--labels" in words else ["--no-confidence"]
            words = [*words, "--no-figures", "--bootstrap", "10", *sure]
        elif words[:2] == ["particles", "make"]:
            words = [*words, "--count", "6"]
        elif name == "preview":
            words = [*words, "--arrangements", "2"]
        elif name not in ("doctor", "version", "help", "particles") and "--dry-run" not in words:
            words = [*words, "--dry-run"]
        done = in_this_process(*words, cwd=tmp_path)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        if name == "fetch":
            keep_a_little(tmp_path / "tio2")
        if name == "init":
            calibrate_quickly(tmp_path / "project.yaml")
        if name == "import-authors":
            for project in (tmp_path / "authors").glob("*/project.yaml"):
                sample_a_little(project)


def test_settings_in_the_docs_are_valid(tmp_path):
    from diffrendergan.config.load import load_project

    examples = [block for page in PAGES for block in blocks(page, "yaml")]
    assert examples
    for number, text in enumerate(examples):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        load_project(path, None, [])


@pytest.mark.parametrize("page", ["configuration", "command", "room"])
def test_written_pages_are_up_to_date(page):
    script = ROOT / "scripts" / f"write-{page}-docs"
    done = subprocess.run([sys.executable, str(script), "--check"], check=False)
    assert done.returncode == 0, f"run scripts/write-{page}-docs"


def test_notebooks_are_those_of_their_pages():
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "make-notebooks"), "--check"], check=False)
    assert done.returncode == 0, "run scripts/make-notebooks"


@pytest.mark.parametrize("name", ["tio2-sem", "tio2-him", "sio2-him", "agnw-sem", "authors-code", "demo"])
def test_presets_load(name):
    from diffrendergan.config.load import load_project

    assert load_project(None, name, []).name == name
