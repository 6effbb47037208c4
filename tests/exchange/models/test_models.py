"""Networks that travel: what is in a package, what others read of it, and what comes back."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pydantic
import pytest
import tifffile
from tests.docs.test_docs import ROOT, blocks
from tests.fixtures.command_line import in_this_process
from tests.fixtures.verdicts import fine_evidence
from tests.segmentation.test_trained import scan, write_run

import diffrendergan as dg
from diffrendergan.config.load import load_project
from diffrendergan.config.yaml_text import dump_yaml, parse_yaml
from diffrendergan.errors import ConfigError, DataError, MissingDependencyError, RunFolderError
from diffrendergan.exchange.models import portable, writing
from diffrendergan.exchange.models.description import About, plain_name
from diffrendergan.exchange.models.opening import open_model
from diffrendergan.exchange.models.parts import drawn_example, parts_of
from diffrendergan.exchange.models.portable import maps_of, shown_to
from diffrendergan.exchange.models.reading import import_model
from diffrendergan.exchange.models.writing import export_model
from diffrendergan.exchange.models.zoo import add_model, get_model, read_index
from diffrendergan.generalist.segmenter import Generalist
from diffrendergan.judging.verdict import judged, write_verdict
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.packaged import packaged_network
from diffrendergan.segmentation.trained import load_trained

ABOUT = About("Grains of sand", ("A. Nobody",), "CC-BY-4.0")
DEEP = {"low": 100.0, "high": 4100.0}


def without_onnx(path: Path, network: object, grain: int) -> None:
    """Stand for the exporter, which takes seconds and an extra: what is in its file is tried below."""
    path.write_bytes(b"onnx")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("runs") / "run", intensity=DEEP)


@pytest.fixture(scope="module")
def package(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "write_onnx", without_onnx)
        target = tmp_path_factory.mktemp("packages") / "sand.zip"
        return export_model(run, target, ABOUT, SilentReporter(), seed=4)


def changed(package: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target


def described(files: dict[str, bytes]) -> dict:
    return parse_yaml(files["bioimageio.yaml"].decode(), "it")


def test_what_comes_back_segments_as_the_run(run: Path, package: Path, tmp_path: Path) -> None:
    folder = import_model(package, tmp_path / "model")
    before, after = load_trained(run, seed=4), open_model(folder)
    assert after.describe() | {"model": ""} == before.describe() | {"model": ""}
    assert (after.rules.stretch, after.grey, after.min_region_px) == (
        before.rules.stretch,
        before.grey,
        before.min_region_px,
    )
    np.testing.assert_array_equal(after.segment(scan()), before.segment(scan()))
    with pytest.raises(RunFolderError, match="is a package; `diffrendergan import"):
        open_model(package)
    with pytest.raises(RunFolderError, match="holds a model already; give --force"):
        import_model(package, folder)
    assert import_model(package, folder, force=True) == folder
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    with pytest.raises(RunFolderError, match="holds something else already; name another"):
        import_model(package, tmp_path / "mine", force=True)


def test_doubts_travel_and_names_of_scans_do_not(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(writing, "write_onnx", without_onnx)
    run = write_run(tmp_path / "run")
    judge(run, load_trained(run).describe()["sha256"])
    target = export_model(run, tmp_path / "sand.zip", ABOUT, SilentReporter())
    before, after = open_model(run), open_model(import_model(target, tmp_path / "model"))
    assert before.doubts and after.doubts == (before.doubts[0].replace(str(run), str(tmp_path / "model")),)
    with zipfile.ZipFile(target) as archive:
        names = [scan["name"] for scan in json.loads(archive.read("verdict.json"))["evidence"]["of_scans"]]
        assert b"This run is bad" in archive.read("README.md")
    assert names == [f"scan {number}" for number in range(1, 9)]
    # Of another network of the run nothing was judged.
    other = export_model(run, tmp_path / "other.zip", ABOUT, SilentReporter(), seed=4)
    assert "verdict.json" not in zipfile.ZipFile(other).namelist()


def judge(run: Path, network: str) -> None:
    """Write a bad verdict on a network, with names of scans that nobody else is to know."""
    fine = fine_evidence()
    scans = tuple(replace(scan, name=f"secret {number}") for number, scan in enumerate(fine.of_scans))
    spoilt = replace(fine, of_scans=scans, scans=replace(fine.scans, number=0, without=8, coverage=0.0))
    verdict = judged(spoilt, network, 7.34)
    assert verdict.judgement == "bad"
    write_verdict(run, verdict)


def test_a_package_tells_nothing_of_the_scans_and_holds_no_pickle(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert not {name.rpartition(".")[2] for name in files} & {"pt", "pth", "pkl"}
    for name in ("test-input.npy", "test-output.npy"):
        assert np.lib.format.read_magic and b"'O'" not in files[name][:128]
    text = b"".join(files[name] for name in ("config.yaml", "prepare.json", "bioimageio.yaml", "README.md"))
    assert str(Path.cwd()).encode() not in text and b"/home" not in text and b"/tmp" not in text
    values = described(files)
    assert values["license"] == "CC-BY-4.0" and values["authors"] == [{"name": "A. Nobody"}]
    assert values["inputs"][0]["axes"][2] == {
        "type": "space", "id": "y", "size": {"min": 4, "step": 2}, "scale": 7.34, "unit": "nanometer",
    }  # fmt: skip
    scaling = values["inputs"][0]["preprocessing"][0]["kwargs"]
    assert scaling["gain"] * 2100 + scaling["offset"] == pytest.approx(0.5)


def test_equal_models_give_equal_files(run: Path, package: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(writing, "write_onnx", without_onnx)
    again = export_model(run, tmp_path / "sand.zip", ABOUT, SilentReporter(), seed=4)
    assert again.read_bytes() == package.read_bytes()
    with pytest.raises(ConfigError, match="exists already"):
        export_model(run, again, ABOUT, SilentReporter())
    with pytest.raises(ConfigError, match=r"let it end in \.zip"):
        export_model(run, tmp_path / "sand", ABOUT, SilentReporter())
    with pytest.raises(RunFolderError, match="no run folder"):
        export_model(tmp_path, tmp_path / "other.zip", ABOUT, SilentReporter())


def test_what_is_no_package_of_ours_is_refused_in_a_sentence(package: Path, tmp_path: Path) -> None:
    def refused(change: Callable[[dict[str, bytes]], None], match: str) -> None:
        with pytest.raises(DataError, match=match):
            import_model(changed(package, tmp_path / "changed.zip", change), tmp_path / "model")
        assert not (tmp_path / "model").exists()

    def edit(**config: object) -> Callable[[dict[str, bytes]], None]:
        def change(files: dict[str, bytes]) -> None:
            values = described(files)
            values["config"]["diffrendergan"] |= config
            files["bioimageio.yaml"] = dump_yaml(values).encode()

        return change

    def foreign(files: dict[str, bytes]) -> None:
        values = described(files)
        del values["config"]["diffrendergan"]
        files["bioimageio.yaml"] = dump_yaml(values).encode()

    refused(foreign, "network of another kind .Grains of sand.*--labels")
    refused(edit(format=9), "another version of diffrendergan")
    refused(edit(use={}), "another version of diffrendergan")
    refused(edit(files={"../../escape": "0"}), "another version of diffrendergan")
    refused(lambda files: files.pop("config.yaml"), "lacks config.yaml")
    refused(lambda files: files.update({"prepare.json": b"{}"}), r"prepare\.json .* is not what it was")
    refused(lambda files: files.pop("bioimageio.yaml"), "no model of bioimage.io")
    refused(lambda files: files.update({"bioimageio.yaml": b"a: [1"}), "bioimageio.yaml .* is broken")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(DataError, match="cannot be read as a zip"):
        import_model(tmp_path / "text.zip", tmp_path / "model")
    with pytest.raises(DataError, match="does not exist"):
        import_model(tmp_path / "none.zip", tmp_path / "model")


def test_networks_of_nnunet_have_a_format_of_their_own(run: Path, tmp_path: Path) -> None:
    text = (run / "config.yaml").read_text().replace("network: unet", "network: nnunet")
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError, match="nnUNetv2_export_model_to_zip"):
        parts_of(tmp_path)


def test_the_generalist_comes_back_as_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(writing, "write_onnx", without_onnx)
    target = tmp_path / "generalist.zip"
    export_model("generalist", target, writing.about_of("generalist", None, (), None, ""), SilentReporter())
    opened = open_model(import_model(target, tmp_path / "model"), min_region_px=7)
    assert isinstance(opened, Generalist)
    assert opened.describe() == Generalist(7).describe()
    assert opened.weights is not None and opened.weights.is_file()
    with pytest.raises(ConfigError, match="leave both out"):
        open_model(tmp_path / "model", decoding="watershed")
    with pytest.raises(ConfigError, match="leave --seed out"):
        parts_of("generalist", seed=1)


def test_maps_that_others_computed_decode_as_segment_does(run: Path) -> None:
    trained, parts = load_trained(run, min_region_px=3), parts_of(run)
    pixels = scan().pixels[:, :48]
    # As `segment` does within one tile: filled up by mirroring, in four mirror images.
    padded = np.pad(pixels, [(7, 7), (8, 8)], mode="symmetric")
    ways = [((slice(None),) * 2 + (slice(None, None, y), slice(None, None, x))) for y in (1, -1) for x in (1, -1)]
    maps = np.mean([maps_of(parts.network, padded[None, None][way])[way] for way in ways], axis=0)[0, :, 7:-7, 8:-8]
    segmented = trained.segment(type(scan())("x", pixels, None, Path("x.tif"), 8))
    np.testing.assert_array_equal(dg.labels_from_maps(maps, trained.decoding, 3), segmented)
    np.testing.assert_array_equal(dg.labels_from_maps(maps[None], min_region_px=3), segmented)
    assert dg.labels_from_maps(maps, shape=(100, 96)).shape == (100, 96)
    with pytest.raises(
        DataError, match=r"of shape \(4, H, W\): background, particle, contour, distance, or the first 3"
    ):
        dg.labels_from_maps(maps[:2])
    with pytest.raises(DataError, match="NaN"):
        dg.labels_from_maps(maps * np.nan)
    with pytest.raises(ConfigError, match="watershed, distance, generalist"):
        dg.labels_from_maps(maps, "flow")


def test_maps_of_the_generalist_decode_as_it_does(tmp_path: Path) -> None:
    from diffrendergan.generalist.standard import standardised
    from diffrendergan.micrographs.resampling import resized, scaled_shape
    from diffrendergan.micrographs.types import Micrograph

    pixels = drawn_example(128) / 255
    labels, look = Generalist().segment_at(Micrograph("x", pixels, None, tmp_path, 8))
    shown = standardised(pixels)
    shown = 1 - shown if look.turned else shown
    shown = shown if look.scale == 1 else resized(shown, scaled_shape(pixels.shape, look.scale))
    missing = [max(256, -(-length // 32) * 32) - length for length in shown.shape]
    padded = np.pad(shown, [(m // 2, m - m // 2) for m in missing], mode="symmetric")
    maps = maps_of(packaged_network()[0], padded[None, None].astype(np.float32))
    (top, left), (high, wide) = [m // 2 for m in missing], shown.shape
    maps = maps[:, :, top : top + high, left : left + wide]
    found = dg.labels_from_maps(maps, "generalist", shape=pixels.shape)
    assert labels.max() >= 2
    np.testing.assert_array_equal(found, labels)


def test_numbers_of_files_are_shown_as_the_description_says() -> None:
    values = np.array([[50.0, 100.0, 2100.0, 4200.0]], np.float32)
    assert shown_to((100, 4100), values).tolist() == [[0.0, 0.0, 0.5, 1.0]]
    own = shown_to(None, values)
    assert own.mean() == pytest.approx(0.5, abs=1e-5) and own.std() == pytest.approx(0.25, abs=1e-5)
    assert plain_name("TiO₂: a/b") == "TiO₂ a b" and plain_name("x") == "x particles"


def test_the_configuration_that_travels_can_be_read(package: Path, tmp_path: Path) -> None:
    project = load_project(import_model(package, tmp_path / "model") / "config.yaml")
    assert project.evaluation.seeds == (4,) and not project.segmentation.adapt.acts
    assert project.data.masks is None and project.data.images == tmp_path / "model" / "images"


def test_collections(package: Path, tmp_path: Path) -> None:
    zoo = tmp_path / "zoo"
    entry = add_model(zoo, package)
    add_model(zoo, package, "other")
    assert list(read_index(str(zoo))) == ["other", "sand"]
    assert entry.licence == "CC-BY-4.0" and entry.pixel_size_nm == 7.34
    with pytest.raises(ConfigError, match="no model 'snad', only other, sand"):
        get_model(str(zoo), "snad", tmp_path / "model")
    with pytest.raises(ConfigError, match="no name for a model"):
        add_model(zoo, package, "../up")
    with pytest.raises(DataError, match=r"index\.json does not exist; name the folder of a collection"):
        read_index(str(tmp_path / "nowhere"))
    moved = zoo.rename(tmp_path / "moved")
    assert open_model(get_model(str(moved / "index.json"), "sand", tmp_path / "model")).seed == 4
    (moved / "other.zip").write_bytes(b"broken")
    with pytest.raises(DataError, match="SHA-256 differs"):
        get_model(str(moved), "other", tmp_path / "none")
    good = json.loads((moved / "index.json").read_text())["models"][0]
    for wrong in (
        {"name": "../up"},
        {"name": 3},
        {"file": 3},
        {"sha256": "x"},
        {"bytes": -1},
        {"pixel_size_nm": 1e999},
    ):
        (moved / "index.json").write_text(json.dumps({"format": 1, "models": [{**good, **wrong}]}))
        with pytest.raises(DataError, match="no index of models"):
            read_index(str(moved))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


def test_collections_behind_an_address(package: Path, tmp_path: Path) -> None:
    add_model(tmp_path / "zoo", package)
    add_model(tmp_path / "zoo", package, "other")
    (tmp_path / "zoo" / "other.zip").write_bytes(b"broken")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "zoo")))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        assert open_model(get_model(address, "sand", tmp_path / "model")).seed == 4
        with pytest.raises(DataError, match="SHA-256 differs"):
            get_model(f"{address}/index.json", "other", tmp_path / "none")
        with pytest.raises(DataError, match="cannot be downloaded"):
            read_index(f"{address}/nothing.json")
    finally:
        server.shutdown()
        server.server_close()


def test_the_commands(run: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(writing, "write_onnx", without_onnx)

    def given(*words: str | Path) -> str:
        done = in_this_process(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "diffrendergan import sand.zip FOLDER" in given("export", run, "sand.zip", "--author", "A. Nobody", "-q")
    assert "quantify SCANS --model model" in given("import", "sand.zip", "model")
    given("zoo", "add", "zoo", "sand.zip")
    monkeypatch.setenv("DIFFRENDERGAN_ZOO", "zoo")
    assert "sand  (" in given("zoo", "list") and "7.34 nm per pixel, no licence" in given("zoo", "list")
    given("zoo", "get", "sand", "fetched")
    (tmp_path / "scans").mkdir()
    pixels = np.rint(scan().pixels * 4000).astype(np.uint16)
    tifffile.imwrite(tmp_path / "scans" / "a.tif", pixels)
    given(
        "quantify", "scans", "--model", "fetched", "--bootstrap", "10", "--no-figures", "--pixel-size-nm", "7.34", "-q"
    )
    assert (tmp_path / "scans-quantified" / "particles.parquet").is_file()


def test_without_the_extra_the_exporter_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxscript", None)
    with pytest.raises(MissingDependencyError, match=r"diffrendergan\[models\]"):
        portable.write_onnx(tmp_path / "a.onnx", portable.Maps(packaged_network()[0]), 32)


@pytest.fixture(scope="module")
def true_package(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx", reason="the extra `models` is not installed")
    pytest.importorskip("onnxscript", reason="the extra `models` is not installed")
    return export_model(run, tmp_path_factory.mktemp("true") / "sand.zip", ABOUT, SilentReporter())


def test_onnx_gives_what_pytorch_gives_at_any_size(run: Path, true_package: Path) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    with zipfile.ZipFile(true_package) as archive:
        content = archive.read("network.onnx")
    network, rng = parts_of(run).network, np.random.default_rng(0)
    for threads in (1, 2):
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        for shape in ((1, 1, 4, 4), (3, 1, 34, 70), (1, 1, 128, 62)):
            images = rng.random(shape, np.float32)
            (maps,) = session.run(None, {"grey": images})
            np.testing.assert_allclose(maps, maps_of(network, images), atol=1e-4)


def test_the_snippet_for_onnx_runs_as_printed(true_package: Path, tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    with zipfile.ZipFile(true_package) as archive:
        archive.extract("network.onnx", tmp_path)
    (tmp_path / "scans").mkdir()
    tifffile.imwrite(tmp_path / "scans" / "scan_00.tif", drawn_example(300).astype(np.uint8))
    monkeypatch.chdir(tmp_path)
    (snippet,) = blocks(ROOT / "docs" / "models.md", "python")
    found: dict = {}
    exec(snippet, found)
    assert found["labels"].shape == (256, 256) and found["labels"].dtype == np.int32


def test_bioimageio_itself_runs_the_package(true_package: Path) -> None:
    try:
        core = pytest.importorskip("bioimageio.core", reason="bioimageio.core is not installed")
    except Exception as error:  # bioimageio.spec 0.5.12 with pydantic 2.14: its models cannot be built
        if tuple(map(int, pydantic.VERSION.split(".")[:2])) < (2, 14):
            raise
        pytest.skip(f"bioimageio.core cannot be imported with pydantic {pydantic.VERSION} ({error})")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    summary = core.test_description(true_package)
    assert summary.status == "passed", [detail.errors for detail in summary.details]
