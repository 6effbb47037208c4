"""Synthetic sets and measured scans in the formats of other programs, read by these where they are installed."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from tests.fixtures.command_line import in_this_process
from tests.fixtures.disks import draw_disks
from tests.segmentation.test_trained import SMALL

from diffrendergan.config.load import dump_project, load_project
from diffrendergan.config.yaml_text import parse_yaml
from diffrendergan.errors import ConfigError, DataError, MissingDependencyError, RunFolderError
from diffrendergan.exchange.sets.formats import FORMATS, export_data
from diffrendergan.exchange.sets.ome_zarr import write_ome_zarr
from diffrendergan.exchange.sets.options import Options
from diffrendergan.exchange.sets.yolo import outline_lines
from diffrendergan.image_files.decoding import decode
from diffrendergan.labels.classes import class_mask
from diffrendergan.labels.coco import read_coco
from diffrendergan.labels.polygons import filled
from diffrendergan.runs.json_lines import write_lines
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.seal import seal
from diffrendergan.segmentation.nnunet.verification import verify_dataset
from diffrendergan.synthesis.writers import pair_paths, read_pair, write_amodal, write_pair

REPORTER = SilentReporter()
COUNT = 5


def add_image(stage: Path, number: int) -> dict:
    image = draw_disks(number, 41, 53)
    write_pair(stage, number, image.pixels, class_mask(image.instances, 1), image.instances)
    return {"index": number, "image": "x", "labels": "y", "instances": "z", "seed": 0, "theta": {"a": number}}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    given = ("generator.draw=uniform", "data.pixel_size_nm=7.5", f"synthesis.images={COUNT}", "name=sand")
    project = load_project(None, "tio2-sem", (*SMALL, *given))
    folder.mkdir()
    (folder / "config.yaml").write_text(dump_project(project))
    stage = folder / "synthesize"
    write_lines(stage / "manifest.jsonl", [add_image(stage, number) for number in range(COUNT)])
    return folder


def instances(run: Path, number: int) -> NDArray[np.int32]:
    return read_pair(run / "synthesize", number).instances


def test_coco_as_pycocotools_reads_it(run: Path, tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="the extra `coco` is not installed")
    assert export_data(run, tmp_path / "out", "coco", REPORTER) == f"{COUNT} synthetic images"
    read = coco.COCO(str(tmp_path / "out" / "coco.json"))
    assert len(read.imgs) == COUNT
    for index, image in read.imgs.items():
        true = instances(run, index - 1)
        masks = {a["instance"]: read.annToMask(a) for a in read.loadAnns(read.getAnnIds([index]))}
        assert all((masks[number] == (true == number)).all() for number in range(1, true.max() + 1))
        assert (tmp_path / "out" / image["file_name"]).is_file()
    ours = read_coco(tmp_path / "out" / "coco.json", "00002.png").labels
    np.testing.assert_array_equal(ours, instances(run, 2))


def test_coco_with_masks_that_overlap(run: Path, tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="the extra `coco` is not installed")
    with pytest.raises(ConfigError, match=r"synthesis\.amodal: true"):
        export_data(run, tmp_path / "out", "coco", REPORTER, Options(amodal=True))
    whole = np.zeros((2, 41, 53), bool)
    whole[0, 5:30, 5:30] = whole[1, 20:40, 20:50] = True
    for number in range(COUNT):
        write_amodal(run / "synthesize", number, whole)
    export_data(run, tmp_path / "out", "coco", REPORTER, Options(amodal=True))
    read = coco.COCO(str(tmp_path / "out" / "coco.json"))
    first, second = (read.annToMask(annotation) for annotation in read.loadAnns(read.getAnnIds([3])))
    np.testing.assert_array_equal(np.stack([first, second]), whole)
    with pytest.raises(ConfigError, match="take coco"):
        export_data(run, tmp_path / "out", "yolo", REPORTER, Options(amodal=True))


def test_outlines_of_yolo_hold_the_pixels_of_the_particles(run: Path, tmp_path: Path) -> None:
    export_data(run, tmp_path / "out", "yolo", REPORTER, Options(validation=0.25))
    described = parse_yaml((tmp_path / "out" / "data.yaml").read_text(), "it")
    assert described == {"train": "images/train", "val": "images/val", "names": {0: "particle"}}
    parts = {part: sorted(p.stem for p in (tmp_path / "out/images" / part).iterdir()) for part in ("train", "val")}
    assert parts == {"train": ["00000", "00001", "00002", "00004"], "val": ["00003"]}
    lines = (tmp_path / "out" / "labels" / "val" / "00003.txt").read_text().splitlines()
    true = instances(run, 3)
    assert len(lines) == true.max()
    for number, line in enumerate(lines, 1):
        kind, *places = line.split()
        corners = np.array(places, float).reshape(-1, 2)
        assert kind == "0" and corners.min() >= 0 and corners.max() <= 1
        found, wanted = filled([corners * (53, 41)], true.shape), true == number
        labelled, count = ndimage.label(wanted, np.ones((3, 3)))
        largest = labelled == np.bincount(labelled.ravel())[1:].argmax() + 1 if count else wanted
        np.testing.assert_array_equal(found, ndimage.binary_fill_holes(largest))
    assert outline_lines(np.zeros((4, 4), np.int32)) == ""


def test_nnunet_takes_the_raw_folder(run: Path, tmp_path: Path) -> None:
    export_data(run, tmp_path / "out", "nnunet", REPORTER)
    dataset = tmp_path / "out" / "Dataset001_sand"
    assert verify_dataset(dataset, REPORTER) is not False
    described = json.loads((dataset / "dataset.json").read_text())
    assert described["numTraining"] == COUNT and described["pixel_size_nm"] == 7.5


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def test_shards_are_equal_for_equal_sets_and_go_on_where_they_were(run: Path, tmp_path: Path) -> None:
    two = Options(shard_images=2)
    for name in ("a", "b"):
        export_data(run, tmp_path / name, "webdataset", REPORTER, two)
    assert json.loads((tmp_path / "a" / "sizes.json").read_text()) == {
        "set-000000.tar": 2, "set-000001.tar": 2, "set-000002.tar": 1,
    }  # fmt: skip
    shards = sorted((tmp_path / "a").glob("*.tar"))
    assert [p.read_bytes() for p in shards] == [(tmp_path / "b" / p.name).read_bytes() for p in shards]
    inside = members(shards[1])
    assert list(inside)[:4] == ["00002.classes.png", "00002.instances.png", "00002.json", "00002.png"]
    assert inside["00003.png"] == pair_paths(run / "synthesize", 3).image.read_bytes()
    assert json.loads(inside["00003.json"]) == {"index": 3, "pixel_size_nm": 7.5, "seed": 0, "theta": {"a": 3}}
    shards[1].unlink()
    os.utime(shards[0], (1, 1))
    export_data(run, tmp_path / "a", "webdataset", REPORTER, two)
    assert shards[0].stat().st_mtime == 1 and shards[1].read_bytes() == (tmp_path / "b" / shards[1].name).read_bytes()
    # Another contour is another set, though nothing else of an image says so.
    image = draw_disks(0, 41, 53)
    write_pair(run / "synthesize", 0, image.pixels, class_mask(image.instances, 2), image.instances)
    export_data(run, tmp_path / "a", "webdataset", REPORTER, two)
    assert shards[0].stat().st_mtime != 1
    assert members(shards[0])["00000.classes.png"] == pair_paths(run / "synthesize", 0).labels.read_bytes()
    os.utime(shards[0], (1, 1))
    # A larger set has other images in the last shard alone.
    stage = run / "synthesize"
    records = [json.loads(line) for line in (stage / "manifest.jsonl").read_text().splitlines()]
    write_lines(stage / "manifest.jsonl", [*records, add_image(stage, COUNT)])
    export_data(run, tmp_path / "a", "webdataset", REPORTER, two)
    assert shards[0].stat().st_mtime == 1 and "00005.png" in members(shards[2])
    with pytest.raises(RunFolderError, match="shards of another size"):
        export_data(run, tmp_path / "a", "webdataset", REPORTER, Options(shard_images=3))


def test_webdataset_itself_reads_the_shards(run: Path, tmp_path: Path) -> None:
    library = pytest.importorskip("webdataset", reason="webdataset is not installed")
    export_data(run, tmp_path / "out", "webdataset", REPORTER, Options(shard_images=2))
    files = [str(path) for path in sorted((tmp_path / "out").glob("*.tar"))]
    found = list(library.WebDataset(files, shardshuffle=False))
    assert [one["__key__"] for one in found] == [f"{number:05d}" for number in range(COUNT)]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(found[4]["instances.png"]))), instances(run, 4))


def test_folders_with_something_else_are_refused(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_data(run, out, "nnunet", REPORTER)
    export_data(run, out, "nnunet", REPORTER)
    with pytest.raises(RunFolderError, match="holds the format nnunet; name another folder"):
        export_data(run, out, "yolo", REPORTER)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    with pytest.raises(RunFolderError, match="holds something else"):
        export_data(run, tmp_path / "mine", "yolo", REPORTER)
    with pytest.raises(ConfigError, match="take one of coco, yolo, nnunet, webdataset, ome-zarr"):
        export_data(run, out, "voc", REPORTER)
    with pytest.raises(ConfigError, match="--scans has no effect"):
        export_data(run, out, "nnunet", REPORTER, scans=tmp_path)
    seal(run / "synthesize")
    image = pair_paths(run / "synthesize", 1).image
    image.rename(image.with_suffix(".lost"))
    with pytest.raises(RunFolderError, match=r"00001.png is missing.*diffrendergan synthesize PROJECT --redo"):
        export_data(run, tmp_path / "none", "yolo", REPORTER)
    (run / "synthesize" / "files.json").unlink()
    (run / "synthesize" / "manifest.jsonl").unlink()
    with pytest.raises(DataError, match="diffrendergan synthesize"):
        export_data(run, tmp_path / "none", "yolo", REPORTER)
    assert not (tmp_path / "none").exists()


def test_the_command_knows_all_formats(run: Path, tmp_path: Path) -> None:
    from diffrendergan.cli.commands.export_data import FormatChoice

    assert {choice.value for choice in FormatChoice} == FORMATS.keys()
    done = in_this_process("export-data", "run", "out", "--format", "yolo", "-q", cwd=tmp_path)
    assert done.returncode == 0 and "wrote 5 synthetic images to out" in done.stdout


def test_without_zarr_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zarr", None)
    with pytest.raises(MissingDependencyError, match=r"diffrendergan\[zarr\]"):
        write_ome_zarr(tmp_path / "a.ome.zarr", np.zeros((4, 4), np.uint8), {}, None, "a")
    assert not (tmp_path / "a.ome.zarr").exists()


@pytest.fixture
def scan() -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
    """Edges that are prime, and a particle of a single pixel that no smaller level has to keep."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 4000, (601, 523)).astype(np.uint16)
    labels = np.zeros((601, 523), np.int32)
    labels[100:200, 50:90], labels[300:420, 200:400], labels[1, 1] = 7, 70000, 3
    return pixels, labels


def test_ome_zarr_is_valid_and_its_levels_agree(scan, tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr", reason="the extra `zarr` is not installed")
    pixels, labels = scan
    path = tmp_path / "a.ome.zarr"
    write_ome_zarr(path, pixels, {"particles": labels}, 0.8, "a")
    root = zarr.open_group(str(path), mode="r")
    np.testing.assert_array_equal(root["0"][...], pixels)
    np.testing.assert_array_equal(root["labels/particles/0"][...], labels)
    assert root["labels/particles/0"].dtype == np.uint32 and root["1"].shape == (301, 262)
    for group in (root, root["labels/particles"]):
        described = group.attrs["ome"]["multiscales"][0]
        assert [axis["unit"] for axis in described["axes"]] == ["nanometer"] * 2
        for number, level in enumerate(described["datasets"]):
            (scale,), (start,) = ({*step[step["type"]]} for step in level["coordinateTransformations"])
            # The left edge of the first pixel is the same in all levels.
            assert scale == pytest.approx(0.8 * 2**number) and start - scale / 2 == pytest.approx(-0.4)
            if group is not root:
                assert set(np.unique(group[str(number)][...])) <= {0, 3, 7, 70000}
    assert root["1"][10, 10] == round(pixels[20:22, 20:22].mean())
    assert sum(file.is_file() for file in path.rglob("*")) < 20
    models = pytest.importorskip("ome_zarr_models.v05.image", reason="ome-zarr-models is not installed")
    assert models.Image.from_zarr(root).labels is not None
    image_label = pytest.importorskip("ome_zarr_models.v05.image_label")
    image_label.ImageLabel.from_zarr(root["labels/particles"])


def test_a_set_is_one_ome_zarr_in_shards(run: Path, tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr", reason="the extra `zarr` is not installed")
    export_data(run, tmp_path / "out", "ome-zarr", REPORTER, Options(shard_images=2))
    path = tmp_path / "out" / "images.ome.zarr"
    root = zarr.open_group(str(path), mode="r")
    assert root["0"].shape == (COUNT, 41, 53) and len(list((path / "0" / "c").glob("*/0/0"))) == 3
    for number in range(COUNT):
        pair = read_pair(run / "synthesize", number)
        np.testing.assert_array_equal(root["0"][number], pair.image)
        np.testing.assert_array_equal(root["labels/particles/0"][number], pair.instances)
        np.testing.assert_array_equal(root["labels/classes/0"][number], pair.classes)
    assert root["labels"].attrs["ome"]["labels"] == ["particles", "classes"]
    with pytest.raises(DataError, match="is a stack: 5 images along image"):
        decode(path)
    # What a call that was stopped has left is taken up; what is finished is not written again.
    first, second = (path / "labels" / "classes" / "0" / "c" / str(number) / "0" / "0" for number in (0, 1))
    whole = second.read_bytes()
    second.unlink()
    zarr.open_group(str(path), mode="r+").attrs["ome"] = {"version": "0.5"}
    with pytest.raises(DataError, match="no multiscales"):
        decode(path)
    os.utime(first, (1, 1))
    export_data(run, tmp_path / "out", "ome-zarr", REPORTER, Options(shard_images=2))
    assert first.stat().st_mtime == 1 and second.read_bytes() == whole
    export_data(run, tmp_path / "out", "ome-zarr", REPORTER, Options(shard_images=3))
    assert first.stat().st_mtime != 1
    root = zarr.open_group(str(path), mode="r")
    models = pytest.importorskip("ome_zarr_models.v05.image", reason="ome-zarr-models is not installed")
    models.Image.from_zarr(root)


def test_measured_scans_come_out_with_their_particles_and_go_in_again(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr", reason="the extra `zarr` is not installed")
    drawn = draw_disks(3, 80, 96)
    for kind in ("scans", "masks"):
        (tmp_path / kind).mkdir()
    tifffile.imwrite(tmp_path / "scans" / "a.tif", np.rint(drawn.pixels * 255).astype(np.uint8))
    Image.fromarray(drawn.instances.astype(np.uint16)).save(tmp_path / "masks" / "a.png")
    few = ("--bootstrap", "10", "--no-figures", "-q")

    def given(*words: str | Path) -> str:
        done = in_this_process(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    given("quantify", "scans", "--labels", "masks", "--pixel-size-nm", "0.8", "-o", "first", *few)
    assert "wrote 1 scan to out" in given("export-data", "first", "out", "--format", "ome-zarr", "-q")
    stored = decode(tmp_path / "out" / "a.ome.zarr")
    np.testing.assert_array_equal(stored.values, np.rint(drawn.pixels * 255).astype(np.uint8))
    assert stored.metadata.pixel_size_nm == pytest.approx(0.8)
    found = zarr.open_group(str(tmp_path / "out" / "a.ome.zarr"), mode="r")["labels/particles/0"][...]
    np.testing.assert_array_equal(found > 0, drawn.instances > 0)
    with pytest.raises(ConfigError, match="name a run folder for coco"):
        export_data(tmp_path / "first", tmp_path / "coco", "coco", REPORTER)
    (tmp_path / "scans").rename(tmp_path / "moved")
    with pytest.raises(ConfigError, match="--scans"):
        export_data(tmp_path / "first", tmp_path / "out", "ome-zarr", REPORTER)
    export_data(tmp_path / "first", tmp_path / "out", "ome-zarr", REPORTER, scans=tmp_path / "moved")
    given("quantify", "out", "--labels", "masks", "-o", "second", *few)
    first, second = (tifffile.imread(tmp_path / name) for name in ("first/labels/a.tif", "second/labels/a.ome.tif"))
    np.testing.assert_array_equal(first, second)
    given("quantify", "out/a.ome.zarr", "--labels", "masks", "-o", "third", *few)
