import json
from pathlib import Path

import numpy as np
import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.reporting.page import results


def read_everything(folder: Path, project) -> None:
    records = results.read_records(folder)
    results.read_prepared(folder)
    results.read_parameters(folder, records)
    results.read_selection(folder)
    synthetic = results.read_synthetic(folder)
    if synthetic is not None:
        synthetic.pair(0)
    results.read_segmentation(folder)
    results.read_costs(folder)
    results.read_environment(folder)
    results.read_configuration(folder, project)


def test_a_finished_run_is_read_whole(run, project):
    assert results.read_prepared(run).patches.shape == (10, 32, 32)
    records = results.read_records(run)
    assert [record.epoch for record in records] == [1, 2, 3, 4, 5, 6]
    track = results.read_parameters(run, records)
    assert track.names == ("particle.base_color", "imaging.noise_sigma")
    assert track.ranges.tolist() == [[0.0, 2.0], [0.001, 0.1]]
    assert track.epochs == (1, 2, 3, 4, 5, 6) and {table.shape for table in track.values} == {(10, 2)}
    selection = results.read_selection(run)
    assert selection.epoch in {4, 5, 6} == {candidate.epoch for candidate in selection.candidates}
    synthetic = results.read_synthetic(run)
    assert (len(synthetic.records), synthetic.rejected) == (10, 5)
    assert synthetic.particles == sum(int(synthetic.pair(k).instances.max()) for k in range(10))
    assert [(history.seed, history.best_step) for history in results.read_segmentation(run)] == [(0, 30), (1, 30)]
    assert results.read_environment(run)["diffrendergan"]
    assert results.read_configuration(run, project) == "# recorded\nname: toy\n"


def test_the_cost_of_the_report_itself_is_left_out(run):
    costs = results.read_costs(run)
    assert [cost.stage for cost in costs] == [
        "prepare",
        "train",
        "select",
        "synthesize",
        "segment",
        "evaluate",
        "quantify",
    ]
    assert (costs[1].seconds, costs[1].peak_memory_mib) == (20.0, 1024.0)


def test_an_empty_folder_has_nothing_and_is_no_error(tmp_path, project):
    assert results.read_prepared(tmp_path) is None
    assert results.read_records(tmp_path) == []
    assert results.read_parameters(tmp_path, []) is None
    assert results.read_selection(tmp_path) is None
    assert results.read_synthetic(tmp_path) is None
    assert results.read_segmentation(tmp_path) == []
    assert results.read_costs(tmp_path) == []
    assert results.read_environment(tmp_path) == {}
    assert "name: toy" in results.read_configuration(tmp_path, project)


def test_a_training_before_its_first_epoch_has_no_records(run):
    (run / "train" / "history.jsonl").write_text("")
    assert results.read_records(run) == []


def test_epochs_without_their_parameters_are_passed_over(run):
    (run / "train" / "parameters" / "epoch-0002.npy").unlink()
    assert results.read_parameters(run, results.read_records(run)).epochs == (1, 3, 4, 5, 6)


def test_the_line_that_a_killed_process_did_not_finish_does_not_count(run):
    manifest = run / "synthesize" / "manifest.jsonl"
    manifest.write_text(manifest.read_text()[:-5])
    assert len(results.read_synthetic(run).records) == 9


BROKEN = [
    "prepare/prepare.json", "prepare/patches/00000.png", "train/history.jsonl", "train/generator.json",
    "train/parameters/epoch-0003.npy", "select/selection.json", "synthesize/manifest.jsonl",
    "synthesize/images/00000.png", "synthesize/instances/00000.png", "segment/seed_1/history.json", "timings.json",
    "environment.json", "config.yaml",
]  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_in_one_sentence(run, project, name):
    (run / name).write_bytes(b'\xff{"broken": \n\n')
    with pytest.raises(RunFolderError) as caught:
        read_everything(run, project)
    assert Path(name).name in str(caught.value)


OTHER_JSON = [
    (name, value)
    for name in BROKEN
    if name.endswith((".json", ".jsonl"))
    for value in ("[]", '"text"', "7", '{"other": 1}')
    # Any names and values are an environment.
    if (name, value) != ("environment.json", '{"other": 1}')
]


@pytest.mark.parametrize(("name", "value"), OTHER_JSON)
def test_valid_json_of_another_kind_is_named_too(run, project, name, value):
    (run / name).write_text(value + "\n")
    with pytest.raises(RunFolderError) as caught:
        read_everything(run, project)
    assert Path(name).name in str(caught.value)


@pytest.mark.parametrize(
    "table", [np.zeros((10, 3)), np.zeros(10), np.zeros((0, 2)), np.full((10, 2), np.nan), np.array([["a", "b"]])]
)
def test_a_table_of_another_kind_is_named(run, table):
    np.save(run / "train" / "parameters" / "epoch-0003.npy", table)
    with pytest.raises(RunFolderError, match=r"epoch-0003\.npy"):
        results.read_parameters(run, results.read_records(run))


def test_a_missing_mask_of_a_listed_image_is_named(run):
    (run / "synthesize" / "labels" / "00003.png").unlink()
    with pytest.raises(RunFolderError, match=r"00003\.png"):
        results.read_synthetic(run).pair(3)


def test_records_are_those_of_the_manifest_not_of_the_files(run):
    manifest = run / "synthesize" / "manifest.jsonl"
    lines = manifest.read_text().splitlines(keepends=True)
    manifest.write_text("".join(lines[:4]))
    assert [record["index"] for record in results.read_synthetic(run).records] == [0, 1, 2, 3]
    assert json.loads(lines[0])["index"] == 0
