"""The stages `segment` and `evaluate` on a toy run folder."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

from diffrendergan.config.evaluation import EvaluationConfig
from diffrendergan.config.segmentation import AdaptConfig
from diffrendergan.errors import ConfigError, DataError, RunFolderError
from diffrendergan.evaluation import held_out, predicting
from diffrendergan.evaluation import stage as evaluation
from diffrendergan.evaluation.baseline import classical
from diffrendergan.evaluation.scoring import Row, summarize
from diffrendergan.evaluation.stage import run_evaluate
from diffrendergan.labels.kinds import Meaning
from diffrendergan.labels.layer_files import read_layers
from diffrendergan.labels.reading import read_numbers
from diffrendergan.metrics.segmentation import ScanScores, score_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import Prepared
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation import sources, stage
from diffrendergan.segmentation.networks import network_file
from diffrendergan.segmentation.stage import run_segment
from diffrendergan.segmentation.trained import check_scale
from diffrendergan.segmentation.unet import adaptation
from diffrendergan.segmentation.unet.network import NetworkInfo

REPORTER = SilentReporter()
TRAIN, TEST = ("s0", "s1"), ("s2", "s3")


class Notes(SilentReporter):
    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(message)


@pytest.fixture
def run_folder(tmp_path, toy_project, write_set, disks, monkeypatch):
    """A run folder with `prepare` and `synthesize` done, and a project with masks."""
    folder, masks = tmp_path / "run", tmp_path / "masks"
    write_set(folder / "synthesize", 5)
    masks.mkdir()
    scans = {name: disks(50 + number, 60, 75, 9) for number, name in enumerate(TRAIN + TEST)}
    for name, scan in scans.items():
        iio.imwrite(masks / f"{name}_m.png", scan.instances.astype(np.uint16))
    empty = np.full((3, 48, 48), 0.2, np.float32)
    prepared = Prepared(empty, empty, TRAIN, TEST, 5.0)

    def load_scan(project, name, folder=None, taught=False):
        return Micrograph(name, scans[name].pixels, 5.0, Path(f"{name}.tif"), 8)

    for module in (stage, evaluation):
        monkeypatch.setattr(module, "load_prepared", lambda folder: prepared)
    for module in (sources, held_out):
        monkeypatch.setattr(module, "load_scan", load_scan)
    data = toy_project.data.model_copy(update={"masks": masks, "mask_kind": "instances"})
    return folder, toy_project.model_copy(update={"data": data})


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """The folder that keeps the networks of these tests: the same data trains the same."""
    return tmp_path_factory.mktemp("networks") / "segment"


@pytest.fixture
def segmented(run_folder, networks):
    """A run folder with `segment` done as well."""
    folder, project = run_folder
    if networks.exists():
        shutil.copytree(networks, folder / "segment")
    run_segment(project, folder, REPORTER)
    if not networks.exists():
        shutil.copytree(folder / "segment", networks)
    return folder, project


def without_masks(project):
    return project.model_copy(update={"data": project.data.model_copy(update={"masks": None})})


def test_segment_and_evaluate(segmented):
    folder, project = segmented
    networks = [folder / "segment" / f"seed_{seed}" / "network.safetensors" for seed in (0, 1)]
    assert networks[0].read_bytes() != networks[1].read_bytes()
    run_evaluate(project, folder, REPORTER, with_real=True)
    out = folder / "evaluate"
    scores = json.loads((out / "scores.json").read_text())
    # 2 methods x 2 seeds x 3 decodings x 2 scans, and the 2 baselines' 2 x 2.
    assert len(scores["rows"]) == 24 + 8
    table = list(csv.DictReader((out / "scores.csv").open()))
    assert len(table) == len(scores["rows"])
    assert float(table[0]["dsc"]) == pytest.approx(scores["rows"][0]["dsc"])
    methods = {(entry["method"], entry["decoding"]): entry for entry in scores["summary"]}
    by_network = {(m, d) for m in ("synthetic", "real") for d in ("components", "watershed", "distance")}
    assert set(methods) == by_network | {(m, d) for m in ("otsu", "li") for d in ("components", "watershed")}
    assert methods["synthetic", "watershed"]["seeds"] == 2
    assert methods["synthetic", "watershed"]["ap50"]["std"] is not None
    assert methods["otsu", "components"]["ap50"]["std"] is None
    assert methods["otsu", "components"]["dsc"]["mean"] > 0.9
    assert scores["scans"][0]["annotated_particles"] > 0
    for base in (out, out / "real"):
        for seed in (0, 1):
            for decoding in ("components", "watershed"):
                assert (base / "predictions" / f"seed_{seed}" / decoding / "s2.tif").exists()
                picture = iio.imread(base / "overlays" / f"seed_{seed}" / decoding / "s3.png")
                assert picture.shape == (60, 75, 3)
    prediction = out / "predictions" / "seed_0" / "watershed" / "s2.tif"
    predicted = Meaning("instances").instances(read_numbers(prediction).numbers)
    annotated = read_numbers(project.data.masks / "s2_m.png").numbers[: len(predicted)]
    again = score_scan(Meaning("instances").instances(annotated), predicted)
    row = next(r for r in scores["rows"] if (r["method"], r["decoding"], r["scan"]) == ("synthetic", "watershed", "s2"))
    assert again.dsc == pytest.approx(row["dsc"])
    assert again.ap50 == pytest.approx(row["ap50"])


def adapting(project, **adapt):
    config = project.segmentation.model_copy(update={"adapt": AdaptConfig(steps=4, confidence=0.4, **adapt)})
    evaluation = project.evaluation.model_copy(update={"seeds": (0,)})
    return project.model_copy(update={"segmentation": config, "evaluation": evaluation})


@pytest.mark.parametrize(("which", "read"), [("training", TRAIN), ("all", TRAIN + TEST)])
def test_held_out_scans_are_read_only_if_asked_for(segmented, monkeypatch, which, read):
    folder, project = segmented
    trained = (folder / "segment" / "seed_0" / "network.safetensors").read_bytes()
    opened = []
    load_scan = sources.load_scan

    def opening(project, name, at, taught):
        assert taught, "networks are adapted at the scale that they were taught at"
        opened.append(name)
        return load_scan(project, name)

    monkeypatch.setattr(sources, "load_scan", opening)
    run_segment(project, folder, REPORTER)
    assert not opened, "scans are read only to adapt to them"
    run_segment(adapting(project, scans=which), folder, REPORTER)
    assert tuple(opened) == read
    place = folder / "segment" / "seed_0"
    assert tuple(json.loads((place / "adapted" / "history.json").read_text())["names"]) == read
    assert (place / "network.safetensors").read_bytes() == trained


def test_the_adapted_network_is_evaluated(segmented, monkeypatch):
    folder, project = segmented
    project = adapting(project)
    monkeypatch.setattr(adaptation, "departure", lambda records: "")
    run_segment(project, folder, REPORTER)
    opened = []
    open_segmenter = predicting.open_segmenter

    def seen(place, config, device):
        opened.append(network_file(place, config).relative_to(folder).as_posix())
        return open_segmenter(place, config, device)

    monkeypatch.setattr(predicting, "open_segmenter", seen)
    run_evaluate(project, folder, REPORTER, with_real=True)
    assert opened == [
        "segment/seed_0/adapted/network.safetensors",
        "evaluate/real/seed_0/adapted/network.safetensors",
    ]


def test_doubts_of_annotations_are_in_the_scores(run_folder):
    folder, project = run_folder
    run_segment(project, folder, REPORTER)
    run_evaluate(project, folder, REPORTER)
    assert json.loads((folder / "evaluate" / "scores.json").read_text())["doubts"] == []
    path = project.data.masks / "s2_m.png"
    numbers = iio.imread(path)
    iio.imwrite(path, np.where(numbers > 0, 0, 1 + numbers.max()).astype(np.uint16))  # inverted
    notes = Notes()
    run_evaluate(project, folder, notes)
    (doubt,) = json.loads((folder / "evaluate" / "scores.json").read_text())["doubts"]
    assert str(path) in doubt and "reaches all four borders" in doubt
    assert any(doubt in line for line in notes.notes)


def test_evaluate_again_gives_the_same_and_keeps_the_reference(segmented):
    folder, project = segmented
    run_evaluate(project, folder, REPORTER, with_real=True)
    first = (folder / "evaluate" / "scores.json").read_text()
    run_segment(project, folder, REPORTER)
    run_evaluate(project, folder, REPORTER)
    assert (folder / "evaluate" / "scores.json").read_text() == first


def test_an_interrupted_evaluation_keeps_what_it_has(segmented, monkeypatch):
    folder, project = segmented
    run_evaluate(project, folder, REPORTER)
    first = (folder / "evaluate" / "scores.json").read_text()
    predictions = folder / "evaluate" / "predictions"
    (predictions / "seed_1" / "watershed" / "s2.tif").unlink()
    (predictions / "seed_0" / "components" / "gone.tif").write_bytes(b"of an earlier scan")
    (predictions / "seed_9").mkdir()
    done, real = [], predicting.segment_all
    monkeypatch.setattr(predicting, "segment_all", lambda *a: done.append(a[1].pixels.shape) or real(*a))
    run_evaluate(project, folder, REPORTER)
    assert len(done) == 1
    assert (folder / "evaluate" / "scores.json").read_text() == first
    assert not (predictions / "seed_9").exists()
    assert not (predictions / "seed_0" / "components" / "gone.tif").exists()
    # Other settings: all anew.
    segmentation = project.segmentation.model_copy(update={"overlap": 0.5})
    run_evaluate(project.model_copy(update={"segmentation": segmentation}), folder, REPORTER)
    assert len(done) == 1 + 4


def test_without_masks_there_are_predictions_only(run_folder):
    folder, project = run_folder
    project = without_masks(project)
    run_segment(project, folder, REPORTER)
    reporter = Notes()
    run_evaluate(project, folder, reporter)
    scores = json.loads((folder / "evaluate" / "scores.json").read_text())
    assert (scores["annotated"], scores["rows"], scores["summary"]) == (False, [], [])
    assert "no scores" in scores["note"]
    assert any("no scores" in note for note in reporter.notes)
    assert (folder / "evaluate" / "predictions" / "seed_0" / "components" / "s2.tif").exists()
    assert (folder / "evaluate" / "scores.csv").read_text().startswith("method,seed,decoding,scan,dsc")
    with pytest.raises(ConfigError, match=r"data\.masks"):
        run_evaluate(project, folder, REPORTER, with_real=True)


def test_whole_shapes_are_learned_kept_and_scored(run_folder):
    folder, project = run_folder
    (folder / "synthesize" / "amodal").mkdir()
    for path in (folder / "synthesize" / "instances").glob("*.png"):
        labels = iio.imread(path)
        stack = np.stack([labels == number for number in range(1, labels.max() + 1)])
        tifffile.imwrite(folder / "synthesize" / "amodal" / f"{path.stem}.tif", stack.astype(np.uint8) * 255)
    network = project.segmentation.model_copy(update={"channels": (4, 8, 8), "steps": 4})
    scores_of = project.evaluation.model_copy(update={"decoding": "amodal", "seeds": (0,)})
    project = project.model_copy(update={"segmentation": network, "evaluation": scores_of})
    run_segment(project, folder, REPORTER)
    # Nobody has drawn what is hidden in scans: networks of real masks are cut by the watershed as they were.
    run_evaluate(project, folder, REPORTER, with_real=True)
    scores = json.loads((folder / "evaluate" / "scores.json").read_text())
    cut = {(row["method"], row["decoding"]) for row in scores["rows"]}
    assert ("synthetic", "amodal") in cut and ("real", "amodal") not in cut and ("real", "watershed") in cut
    (known,) = scores["whole_shapes"].values()
    assert known["images"] == 1 and set(known["whole"]) == {"ap50", "ap", "pq", "sq", "rq"}
    place = folder / "evaluate" / "predictions" / "seed_0" / "amodal"
    labels, layers = read_numbers(place / "s2.tif").numbers, read_layers(place / "s2.coco.json")
    assert layers.numbers.tolist() == np.unique(labels[labels > 0]).tolist()
    run_evaluate(project, folder, REPORTER)
    assert (place / "s2.coco.json").is_file()
    run_evaluate(project.model_copy(update={"evaluation": EvaluationConfig(seeds=(0,))}), folder, REPORTER)
    assert (place.parent / "watershed" / "s2.tif").is_file()


def test_a_scan_without_annotation_is_predicted_but_not_scored(run_folder):
    folder, project = run_folder
    (project.data.masks / "s3_m.png").unlink()
    run_segment(project, folder, REPORTER)
    run_evaluate(project, folder, REPORTER)
    scores = json.loads((folder / "evaluate" / "scores.json").read_text())
    assert {row["scan"] for row in scores["rows"]} == {"s2"}
    assert [scan["annotated"] for scan in scores["scans"]] == [True, False]
    assert (folder / "evaluate" / "overlays" / "seed_0" / "watershed" / "s3.png").exists()


def test_annotation_a_few_rows_shorter(segmented):
    folder, project = segmented
    path = project.data.masks / "s2_m.png"
    iio.imwrite(path, iio.imread(path)[:57])
    run_evaluate(project, folder, REPORTER)
    scan = held_out.load_scan(project, "s2").pixels
    found = classical("otsu", scan, "bright", project.evaluation.min_region_px)["components"]
    rows = json.loads((folder / "evaluate" / "scores.json").read_text())["rows"]
    row = next(r for r in rows if (r["method"], r["decoding"], r["scan"]) == ("otsu", "components", "s2"))
    assert row["dsc"] == pytest.approx(score_scan(iio.imread(path), found[:57]).dsc)
    assert iio.imread(folder / "evaluate" / "overlays" / "seed_0" / "watershed" / "s2.png").shape == (57, 75, 3)
    assert iio.imread(folder / "evaluate" / "predictions" / "seed_0" / "watershed" / "s2.tif").shape == (60, 75)


def test_reference_needs_annotated_training_scans(run_folder):
    folder, project = run_folder
    for name in TRAIN:
        (project.data.masks / f"{name}_m.png").unlink()
    with pytest.raises(DataError, match="no particle of any training scan"):
        run_evaluate(project, folder, REPORTER, with_real=True)


def test_missing_network(run_folder):
    folder, project = run_folder
    with pytest.raises(RunFolderError, match=r"network\.safetensors is missing"):
        run_evaluate(project, folder, REPORTER)


def test_impossible_network_is_refused_before_the_data(run_folder):
    folder, project = run_folder
    segmentation = project.segmentation.model_copy(update={"patch_size": 33})
    with pytest.raises(ConfigError, match="patch_size"):
        run_segment(project.model_copy(update={"segmentation": segmentation}), folder / "nowhere", REPORTER)


def test_scale_lives_in_the_network():
    def info(size):
        return NetworkInfo((4, 8), 1, 32, size, "synthetic", 0, 1, 0.5)

    def scan(size):
        return Micrograph("x", np.zeros((4, 4), np.float32), size, Path("x.tif"), 8)

    for trained, used in ((5.0, 5.0), (5.0, 6.9), (5.0, 3.7), (None, 5.0), (5.0, None)):
        check_scale(info(trained), scan(used))
    with pytest.raises(DataError, match=r"x\.tif has 2\.5 nm per pixel.*factor of 0\.5 "):
        check_scale(info(5.0), scan(2.5))


def test_seeds_are_compared_on_the_scans_that_all_have():
    def row(seed, scan, value):
        return Row("real", seed, "components", scan, ScanScores(value, value, value, value, value, value, 1, 0, 0))

    rows = [row(0, "easy", 0.9), row(0, "hard", 0.1), row(1, "easy", 0.9)]
    found = summarize(rows)[0]["dsc"]
    assert found["std"] == 0  # not the difference between 0.5 and 0.9
    assert found["mean"] == pytest.approx(0.5)


def test_summary_by_hand():
    def row(seed, scan, value):
        return Row("synthetic", seed, "components", scan, ScanScores(value, value, value, value, value, value, 1, 0, 0))

    rows = [row(0, "a", 0.2), row(0, "b", 0.4), row(1, "a", 0.4), row(1, "b", 0.6)]
    entry = summarize(rows)[0]
    assert (entry["seeds"], entry["scans"]) == (2, 2)
    assert entry["dsc"]["mean"] == pytest.approx(0.4)
    assert entry["dsc"]["std"] == pytest.approx(np.std([0.3, 0.5], ddof=1))
    assert summarize([]) == []
