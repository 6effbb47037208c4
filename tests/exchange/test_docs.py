"""The commands of the pages on models and formats run as they are printed."""

from __future__ import annotations

import shlex
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.docs.test_docs import ROOT, blocks
from tests.fixtures.command_line import in_this_process
from tests.fixtures.disks import draw_disks
from tests.segmentation.test_trained import write_run

from diffrendergan.config.load import dump_project, load_project
from diffrendergan.exchange.models import writing
from diffrendergan.labels.classes import class_mask
from diffrendergan.runs.json_lines import write_lines
from diffrendergan.synthesis.writers import write_pair


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run, scans and what was measured in them."""
    run = write_run(tmp_path / "run")
    given = ("generator.draw=uniform", "data.pixel_size_nm=7.34", "synthesis.images=2")
    project = load_project(run / "config.yaml", None, given)
    (run / "config.yaml").write_text(dump_project(project.model_copy(update={"run": run})))
    for number in range(2):
        image = draw_disks(number)
        write_pair(run / "synthesize", number, image.pixels, class_mask(image.instances, 1), image.instances)
    write_lines(run / "synthesize" / "manifest.jsonl", [{"index": number} for number in range(2)])
    (tmp_path / "scans").mkdir()
    tifffile.imwrite(tmp_path / "scans" / "scan_00.tif", np.rint(draw_disks(5, 64, 64).pixels * 255).astype(np.uint8))
    monkeypatch.setattr(writing, "write_onnx", lambda path, network, grain: path.write_bytes(b"onnx"))
    return tmp_path


@pytest.mark.parametrize("page", ["models", "formats"])
def test_commands_run_as_printed(page: str, place: Path) -> None:
    few = ("--bootstrap", "10", "--no-figures", "--pixel-size-nm", "7.34")
    in_this_process("quantify", "scans", "--model", "run", "-o", "measured", "-q", *few, cwd=place)
    needed = {"coco": "pycocotools", "ome-zarr": "zarr"}
    seen = 0
    for block in blocks(ROOT / "docs" / f"{page}.md", "sh"):
        for words in filter(None, (shlex.split(line, comments=True) for line in block.splitlines())):
            if words[0] != "diffrendergan" or any(find_spec(needed.get(word, "os")) is None for word in words):
                continue
            more = few if words[1] == "quantify" else ()
            done = in_this_process(*words[1:], *more, cwd=place)
            assert done.returncode == 0, f"{words}: {done.stderr}"
            seen += 1
    assert seen >= 4
