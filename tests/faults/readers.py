"""Everything that reads what may come from elsewhere, with files of our own that it reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.faults.projects import Places
from tests.faults.reader import Reader
from tests.faults.readers_kept import KEPT
from tests.faults.readers_scans import SCANS


def _label_images(places: Places, folder: Path) -> None:
    import numpy as np
    from PIL import Image

    from diffrendergan.labels.rois import write_rois
    from diffrendergan.labels.tiff import write_imagej_tiff, write_ome_tiff

    labels = np.zeros((40, 60), np.int32)
    labels[3:12, 4:20], labels[20:35, 30:55] = 1, 2
    Image.fromarray(labels.astype(np.uint8)).save(folder / "a.png")
    write_imagej_tiff(folder / "b.tif", labels, 2.0)
    write_ome_tiff(folder / "c.ome.tif", labels, 2.0, "c")
    np.save(folder / "d.npy", labels)
    write_rois(folder / "e_rois.zip", labels)
    square = [[4, 3], [20, 3], [20, 12], [4, 12]]
    shapes = [{"label": "particle", "shape_type": "polygon", "points": square}]
    (folder / "f.json").write_text(
        json.dumps({"version": "5.0", "imagePath": "f.png", "imageHeight": 40, "imageWidth": 60, "shapes": shapes})
    )
    geometry = {"type": "Polygon", "coordinates": [[*square, square[0]]]}
    (folder / "g.geojson").write_text(json.dumps([{"type": "Feature", "geometry": geometry, "properties": {}}]))


def _read_labels(folder: Path, path: Path) -> object:
    from diffrendergan.labels.label_set import open_label_set
    from diffrendergan.labels.reading import read_numbers

    if path.suffix in (".zip", ".json"):
        return open_label_set(folder, list("abcdefg"))
    return read_numbers(path, (40, 60))


def _coco(places: Places, folder: Path) -> None:
    place = places.begin("synthesized") / "run" / "synthesize"
    shutil.copy(place / "coco.json", folder / "coco.json")


def _read_coco(folder: Path, path: Path) -> object:
    from diffrendergan.labels.coco import coco_images, read_coco

    return [read_coco(path, name) for name in coco_images(path)]


def _projects(places: Places, folder: Path) -> None:
    place = places.begin("prepared")
    shutil.copy(place / "project.yaml", folder / "project.yaml")
    shutil.copy(place / "run" / "config.yaml", folder / "config.yaml")


def _read_project(folder: Path, path: Path) -> object:
    from diffrendergan.config.load import load_project

    return load_project(path)


def _library(places: Places, folder: Path) -> None:
    shutil.copytree(places.begin("library") / "library", folder, dirs_exist_ok=True)


def _read_library(folder: Path, path: Path) -> object:
    from diffrendergan.particles.library import load_library

    return load_library(folder)


def _meshes(places: Places, folder: Path) -> None:
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=1, radius=0.5)
    for ending in ("ply", "obj", "stl"):
        ball.export(folder / f"ball.{ending}")
    (folder / "text.ply").write_bytes(ball.export(file_type="ply", encoding="ascii"))


def _read_meshes(folder: Path, path: Path) -> object:
    from diffrendergan.particles.files import read_repaired

    return read_repaired(path, 1000)


def _networks(places: Places, folder: Path) -> None:
    place = places.begin("segmentd") / "run"
    shutil.copy(next((place / "segment").rglob("network.safetensors")), folder / "network.safetensors")
    for name in ("generator.json", "generator.safetensors"):
        shutil.copy(place / "select" / name, folder / name)


def _read_networks(folder: Path, path: Path) -> object:
    from diffrendergan.gan.saved import load_generator
    from diffrendergan.segmentation.unet.network import load_network

    return load_network(path) if path.name.startswith("network") else load_generator(folder)


def _authors(places: Places, folder: Path) -> None:
    place = places.begin("published") / "published"
    for path in (*place.rglob("*.json"), *place.rglob("*.pth")):
        shutil.copy(path, folder / path.name)


def _read_authors(folder: Path, path: Path) -> object:
    from diffrendergan.authors.meshes import read_order
    from diffrendergan.authors.settings import project_values, read_network, read_settings

    if path.suffix == ".pth":
        return read_network(path, read_settings(folder / "Few_paper.json").specs())
    if path.name == "Few.json":
        return read_order(path)
    settings = read_settings(path)
    return project_values(settings), settings.specs(), settings.unused()


def _packages(places: Places, folder: Path) -> None:
    from tests.faults.children import command, forked

    place = places.begin("package")
    forked(command("zoo", "add", "zoo", "model.zip"), place)
    shutil.copy(place / "zoo" / "index.json", folder / "index.json")
    shutil.copy(place / "model.zip", folder / "model.zip")


def _read_packages(folder: Path, path: Path) -> object:
    from diffrendergan.exchange.models.reading import import_model
    from diffrendergan.exchange.models.zoo import get_model, read_index

    shutil.rmtree(folder / "made", ignore_errors=True)
    if path.suffix == ".json":
        return [get_model(str(folder), name, folder / "made") for name in read_index(str(folder))]
    return import_model(path, folder / "made")


RUN_FILES = (
    "config.yaml", "prepare/prepare.json", "prepare/done.json", "prepare/files.json", "judge/verdict.json",
    "train/history.jsonl", "quantify/annotations/scans/scan_01.json", "log.jsonl", "progress.json", "timings.json",
)  # fmt: skip


def _run_files(places: Places, folder: Path) -> None:
    place = places.begin("reportd")
    (folder / "run").mkdir()
    for name in RUN_FILES:
        (folder / "run" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(place / "run" / name, folder / "run" / name)
    (folder / "run" / "log.jsonl").open("a").write('{"event": "stalls", "stage": "train", "for_s": 9, "on": "x"}\n')


def _read_run_files(folder: Path, path: Path) -> object:
    from diffrendergan.gan.history import read_history
    from diffrendergan.judging.verdict import read_verdict
    from diffrendergan.patches.stored import read_index
    from diffrendergan.pipeline.records import read_record
    from diffrendergan.pipeline.status import status_of
    from diffrendergan.pipeline.status_words import told
    from diffrendergan.quantification.results import read_record as read_scan_record
    from diffrendergan.runs.seal import broken
    from diffrendergan.segmentation.trained import run_project_of

    run = folder / "run"
    reads: Mapping[str, Callable[[], object]] = {
        "config.yaml": lambda: run_project_of(run),
        "prepare.json": lambda: read_index(run),
        "done.json": lambda: read_record(path),
        "files.json": lambda: broken(path.parent),
        "verdict.json": lambda: read_verdict(run),
        "history.jsonl": lambda: read_history(path),
        **dict.fromkeys(("log.jsonl", "progress.json", "timings.json"), lambda: told(status_of(run))),
    }
    return reads.get(path.name, lambda: read_scan_record(run / "quantify" / "annotations", path.stem))()


def _tables(places: Places, folder: Path) -> None:
    (folder / "sizes.csv").write_text("diameter_nm,scan\n" + "".join(f"{20 + k},a\n" for k in range(20)))
    shutil.copy(places.begin("prepared") / "run" / "prepare" / "selection.txt", folder / "selection.txt")


def _read_tables(folder: Path, path: Path) -> object:
    from diffrendergan.arrangement.sizes import read_sizes
    from diffrendergan.config.arrangement import EmpiricalSize
    from diffrendergan.patches.overrides import read_overrides

    if path.suffix == ".csv":
        return read_sizes(EmpiricalSize(distribution="empirical", file=path))
    return read_overrides(path, {f"scan_{k:02d}": (160, 256) for k in range(3)}, 64)


READERS: Mapping[str, Reader] = {
    "scans": SCANS,
    "labels": Reader(_label_images, _read_labels),
    "COCO": Reader(_coco, _read_coco),
    "projects": Reader(_projects, _read_project),
    "libraries": Reader(_library, _read_library),
    "meshes": Reader(_meshes, _read_meshes),
    "networks": Reader(_networks, _read_networks),
    "authors": Reader(_authors, _read_authors),
    "packages": Reader(_packages, _read_packages),
    "run folders": Reader(_run_files, _read_run_files),
    "tables": Reader(_tables, _read_tables),
    **KEPT,
}
