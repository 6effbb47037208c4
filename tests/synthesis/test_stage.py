from __future__ import annotations

from pathlib import Path

import pytest

from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.config.base import Learned
from diffrendergan.config.compute import ComputeConfig
from diffrendergan.config.data import DataConfig
from diffrendergan.config.material import MaterialConfig
from diffrendergan.config.project import Project
from diffrendergan.config.scene import RenderingConfig, TransportConfig
from diffrendergan.config.shapes import ParticleConfig
from diffrendergan.config.synthesis import SynthesisConfig
from diffrendergan.config.training import GeneratorConfig
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.synthesis.engine import SynthesisEngine
from diffrendergan.synthesis.manifest import MANIFEST, read_manifest
from diffrendergan.synthesis.stage import make_images, run_synthesize


def project_of(images: int, workers: int = 1) -> Project:
    return Project(
        data=DataConfig(patch_size=64),
        particles=ParticleConfig(count=5, faces=200),
        arrangement=ArrangementConfig(unit=0.5, limit=1.0, agglomerates=2),
        rendering=RenderingConfig(
            particle=MaterialConfig(base_color=Learned(learn=(2.0, 5.0))),
            transport=TransportConfig(pixel_samples=4, directions=4, knots=4),
        ),
        generator=GeneratorConfig(draw="uniform"),
        compute=ComputeConfig(workers=workers),
        synthesis=SynthesisConfig(images=images, min_background=0.05, amodal=True),
    )


def files(stage: Path) -> dict[str, bytes]:
    return {str(path.relative_to(stage)): path.read_bytes() for path in stage.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_two_processes_make_the_images_of_one_and_go_on_where_one_stopped(tmp_path: Path) -> None:
    make_images(project_of(4), tmp_path / "one", SilentReporter())
    alone = tmp_path / "one" / "synthesize"
    assert len(read_manifest(alone)) == 4
    # The first image by one process; the next two half done when they were killed, the fourth not begun.
    make_images(project_of(1), tmp_path / "two", SilentReporter())
    shared = tmp_path / "two" / "synthesize"
    with (shared / MANIFEST).open("a") as stream:
        stream.write('{"index": 1, "im')
    (shared / "images" / "00002.png").write_bytes(b"half")
    run_synthesize(project_of(4, workers=2), tmp_path / "two", SilentReporter())
    assert files(shared) == files(alone)


def test_silhouettes_are_added_to_images_that_are_there(tmp_path: Path, monkeypatch) -> None:
    make_images(project_of(2), tmp_path / "one", SilentReporter())
    wanted = files(tmp_path / "one" / "synthesize")
    later = project_of(2)
    plain = later.model_copy(update={"synthesis": later.synthesis.model_copy(update={"amodal": False})})
    make_images(plain, tmp_path / "two", SilentReporter())
    stage = tmp_path / "two" / "synthesize"
    assert not (stage / "amodal").exists()
    images = {path: path.stat().st_mtime_ns for path in (stage / "images").iterdir()}
    # Whatever the decoding `amodal` asks for is written as with `synthesis.amodal`.
    asked = plain.model_copy(update={"evaluation": plain.evaluation.model_copy(update={"decoding": "amodal"})})
    make_images(asked, tmp_path / "two", SilentReporter())
    assert files(stage) == wanted
    assert images == {path: path.stat().st_mtime_ns for path in (stage / "images").iterdir()}
    # An image that the arrangement does not tell of is made again.
    (stage / "amodal" / "00001.tif").unlink()
    monkeypatch.setattr(SynthesisEngine, "silhouettes_of", lambda *given: None)
    make_images(asked, tmp_path / "two", SilentReporter())
    assert files(stage) == wanted
