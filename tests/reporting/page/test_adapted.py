from __future__ import annotations

import pytest

from diffrendergan.config.segmentation import AdaptConfig, SegmentationConfig
from diffrendergan.errors import RunFolderError
from diffrendergan.reporting.page.adapted import adapted_sentences
from diffrendergan.runs.atomic import write_json

RECORDS = [{"step": 0, "foreground": 0.31, "particles": 120.0}, {"step": 200, "foreground": 0.32, "particles": 131.0}]


def adapting(project, **adapt):
    return project.model_copy(update={"segmentation": SegmentationConfig(adapt=AdaptConfig(**adapt))})


def write_history(folder, seed, reason=""):
    history = {"kept": not reason, "reason": reason, "names": ["a", "b"], "records": RECORDS}
    write_json(folder / "segment" / f"seed_{seed}" / "adapted" / "history.json", history)


def test_each_network_has_a_sentence(tmp_path, project):
    first, second = project.evaluation.seeds
    write_history(tmp_path, first)
    write_history(tmp_path, second, "the foreground of the scans went from 0.31 to 0.6")
    assert adapted_sentences(project, tmp_path) == [], "what was adapted before is not what is used"
    told = adapted_sentences(adapting(project, steps=200), tmp_path)
    assert told == [
        f"Seed {first} was adapted to 2 scans without their masks, in 200 steps: the foreground in crops of them went "
        "from 31 % to 32 %, the number of particles from 120 to 131.",
        f"Seed {second} was not adapted to 2 scans, and stays as it was trained: the foreground of the scans went from "
        "0.31 to 0.6.",
    ]


def test_held_out_scans_that_were_seen_are_told_of(tmp_path, project):
    seen = adapting(project, steps=200, scans="all")
    assert adapted_sentences(seen, tmp_path) == []
    write_history(tmp_path, project.evaluation.seeds[0])
    assert "are not those of scans that a network has never seen" in adapted_sentences(seen, tmp_path)[-1]


def test_a_broken_history_is_named(tmp_path, project):
    write_json(tmp_path / "segment" / f"seed_{project.evaluation.seeds[0]}" / "adapted" / "history.json", {"names": []})
    with pytest.raises(RunFolderError, match=r"adapted/history\.json is broken"):
        adapted_sentences(adapting(project, steps=1), tmp_path)
