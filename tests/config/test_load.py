from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.config.arrangement import LognormalSize, NormalSize
from diffrendergan.config.base import Learned
from diffrendergan.config.load import dump_project, load_project
from diffrendergan.config.presets import preset_names
from diffrendergan.config.project import Project
from diffrendergan.config.segmentation import GENERALIST_CHANNELS
from diffrendergan.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    path = folder / "project.yaml"
    path.write_text(text)
    return path


def refusal(*overrides: str, preset: str | None = "tio2-sem") -> str:
    with pytest.raises(ConfigError) as caught:
        load_project(None, preset, overrides)
    return str(caught.value)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_loads_and_round_trips(name: str, tmp_path: Path) -> None:
    project = load_project(None, name)
    assert project.name == name
    assert load_project(write(tmp_path, dump_project(project))) == project


def test_there_are_the_presets_of_the_paper_and_of_other_kinds_of_image() -> None:
    paper = {"tio2-sem", "tio2-him", "sio2-him", "agnw-sem", "authors-code", "demo"}
    assert set(preset_names()) == paper | {"dots-tem", "rods-tem", "soot-tem", "particles-afm", "grains-section"}


def test_overrides_win_over_file_over_preset_over_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, "preset: sio2-him\nparticles: {count: 7}\ntraining: {epochs: 3, hidden: 64}\n")
    project = load_project(path, None, ["training.epochs=9"])
    assert (project.training.epochs, project.training.hidden) == (9, 64)
    assert (project.particles.count, project.particles.shape.family) == (7, "sphere")
    assert project.training.batch_size == Project().training.batch_size


def test_the_preset_argument_wins_over_the_override_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "preset: sio2-him\n")
    assert load_project(path).name == "sio2-him"
    assert load_project(path, None, ["preset=agnw-sem"]).name == "agnw-sem"
    assert load_project(path, "tio2-him", ["preset=agnw-sem"]).name == "tio2-him"


def test_one_value_in_a_section_leaves_its_other_defaults(tmp_path: Path) -> None:
    particle = load_project(write(tmp_path, "rendering: {particle: {roughness: 0.3}}\n")).rendering.particle
    assert particle.roughness == 0.3
    assert isinstance(particle.base_color, Learned)


def test_another_size_distribution_replaces_the_parameters_of_the_old_one(tmp_path: Path) -> None:
    path = write(tmp_path, "preset: tio2-sem\narrangement: {size: {distribution: normal, mean: 2}}\n")
    assert load_project(path).arrangement.size == NormalSize(mean=2.0)
    path = write(tmp_path, "preset: tio2-sem\narrangement: {size: {sigma: 0.5}}\n")
    assert load_project(path).arrangement.size == LognormalSize(sigma=0.5)


def test_an_empty_file_and_an_empty_section_are_the_defaults(tmp_path: Path) -> None:
    assert load_project(write(tmp_path, "")).training == Project().training
    assert load_project(write(tmp_path, "training:\n  # epochs: 5\n")).training == Project().training


def test_paths_are_meant_from_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    text = "data: {images: ../scans, masks: /m, overrides: o.txt}\nfid: {inception_weights: w.pth}\n"
    path = write(tmp_path / "there", text)
    project = load_project(Path("../there/project.yaml"), None, ["run=out"])
    assert path.exists()
    assert project.data.images == tmp_path / "scans"
    assert project.data.masks == Path("/m")
    assert project.data.overrides == tmp_path / "there" / "o.txt"
    assert project.fid.inception_weights == tmp_path / "there" / "w.pth"
    assert project.run == tmp_path / "here" / "out"
    assert load_project(path).run == tmp_path / "there" / "run"


def test_a_tilde_is_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_project(None, "demo", ["run=~/runs/a"]).run == tmp_path / "runs" / "a"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("training.epochs=0", "`training.epochs` is 0; it takes a whole number at least 1."),
        ("training.epochs=true", "`training.epochs` is true; it takes a whole number at least 1."),
        ("training.epochs='5'", "`training.epochs` is '5'; it takes a whole number at least 1."),
        ("training.epochs=2.5", "`training.epochs` is 2.5; it takes a whole number at least 1."),
        ("training.epochs=", "`training.epochs` is empty; it takes a whole number at least 1."),
        ("training.loss=lsgann", "`training.loss` is 'lsgann'; it takes one of lsgan, log."),
        ("training.betas=[0.5]", "`training.betas` is [0.5]; it takes a list of 2, each a number at least 0 and below"),
        ("seed=-1", "`seed` is -1; it takes"),
        ("evaluation.seeds=[1, 1]", "`evaluation.seeds`"),
        ("evaluation.seeds=[]", "`evaluation.seeds`"),
        ("rendering.particle.specular=13", "`rendering.particle.specular` is 13: it lies between 0 and 1"),
        ("rendering.stage.roughness=-1", "`rendering.stage.roughness`"),
        ("imaging.blur_sigma_px={learn: [-1, 2]}", "`imaging.blur_sigma_px`"),
        ("training=5", "`training` is 5; it takes a section with the keys epochs, loss, batch_size, "),
        ("data.patch_size=1000000000", "`data.patch_size` is 1000000000; it takes a whole number from 32 to 4096."),
        (
            "synthesis.images=1000000000000",
            "is 1000000000000, which is more than can be; it takes a whole number at least",
        ),
        ("segmentation.residual_units=100", "takes a whole number from 0 to 64."),
        ("data.test_fraction=2", "`data.test_fraction` is 2; it takes a number from 0 to 1."),
        ("data.pixel_size_nm=big", "`data.pixel_size_nm` is 'big'; it takes a number above 0 or auto."),
        ("data.test_scans=a", "`data.test_scans` is 'a'; it takes a list, each text, or null."),
        ("data.test_scans=[1908248]", "each text, or null (a name that looks like a number needs quotes)."),
        ("data.images=4", "`data.images` is 4; it takes a path."),
        ("segmentation.channels=[8, 0]", "is [8, 0]; it takes a list, each a whole number from 1 to 4096."),
        (
            "rendering.particle.roughness=abc",
            "`rendering.particle.roughness` is 'abc'; it takes a number or {learn: [low, high]}.",
        ),
        ("rendering.particle.roughness={learn: [1, 0]}", "is {learn: [1, 0]}: the range must rise, got [1.0, 0.0]."),
        ("imaging.noise_sigma={learn: [1]}", "is {learn: [1]}; it takes a number or {learn: [low, high]}."),
        (
            "arrangement.size=4",
            "`distribution` is one of normal, lognormal, bimodal, uniform, mixture, empirical.",
        ),
        ("arrangement.size.distribution=lognorml", "empirical (did you mean lognormal or normal?)."),
        ("seed=.nan", "`seed` is nan; it takes a finite number."),
        ("rendering.particle.sheen=.inf", "`rendering.particle.sheen` is inf; it takes a finite number."),
        ("training.epoch=3", "`training.epoch` is no known key; did you mean `epochs`? The keys of `training` are epo"),
        (
            "trainin.epochs=3",
            "`trainin` is no known key; did you mean `training`? The keys of the configuration are p",
        ),
        ("arrangement.size.mean=3", "The keys of `arrangement.size` are distribution, mu, sigma."),
        ("preset=tio2sem", "`preset` is 'tio2sem', which does not exist; it takes one of agnw-sem, authors-code, demo"),
        ("preset=[1]", "`preset` is [1], which does not exist"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_takes(override: str, expected: str) -> None:
    message = refusal(override, preset=None)
    assert expected in message
    assert "pydantic" not in message
    assert "Input should" not in message


def test_a_path_without_control_characters(tmp_path: Path) -> None:
    path = write(tmp_path, 'run: "a\\0b"\n')
    with pytest.raises(ConfigError, match=r"`run` is no path: 'a.x00b' holds a control character"):
        load_project(path)


def test_several_errors_are_a_line_each(tmp_path: Path) -> None:
    path = write(tmp_path, "training: {epochs: 0, batch_size: x}\nsegmentaton: {}\n")
    with pytest.raises(ConfigError) as caught:
        load_project(path)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{path} has 3 errors:"
    assert [line.split("`")[1] for line in lines[1:]] == ["training.epochs", "training.batch_size", "segmentaton"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("training:\n  epochs: 5\n  epochs: 6\n", "line 3, column 3: the key `epochs` appears twice, first in line 2"),
        ("a: {b: 1, b: 1}\n", "the key `b` appears twice"),
        ("training: [1\n", "line 2, column 1"),
        ("- 1\n- 2\n", "holds no keys and values"),
        ("just words\n", "holds no keys and values"),
        ("a: !!python/object:os.system x\n", "could not determine a constructor"),
        ("name: &n [*n]\n", "refers to itself"),
        ("a: 1\n---\nb: 2\n", "expected a single document"),
        ("name: \x00\n", "is no YAML text"),
    ],
)
def test_a_file_that_is_no_project_says_where(text: str, expected: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=r"project\.yaml") as caught:
        load_project(path)
    assert expected in str(caught.value)


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    write(tmp_path, "")
    with pytest.raises(ConfigError, match=r"does not exist; did you mean project\.yaml\?"):
        load_project(tmp_path / "projekt.yaml")
    with pytest.raises(ConfigError, match="diffrendergan init"):
        load_project(tmp_path / "nowhere" / "projekt.yaml")


def test_a_folder_and_a_binary_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder"):
        load_project(tmp_path)
    (tmp_path / "scan.tif").write_bytes(b"II*\x00\xff\xfe\x80")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_project(tmp_path / "scan.tif")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    path.chmod(0)
    with pytest.raises(ConfigError, match="check its permissions"):
        load_project(path)


@pytest.mark.parametrize("text", ["training.epochs", "=5", "training..epochs=5"])
def test_an_override_that_is_no_assignment_is_refused(text: str) -> None:
    assert "it takes KEY=VALUE" in refusal(text)


def test_an_override_may_empty_a_field() -> None:
    assert load_project(None, "demo", ["data.masks="]).data.masks is None
    assert load_project(None, "demo", ["data.masks=null"]).data.masks is None


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=60)
@given(name=NAMES, scans=st.lists(NAMES, max_size=3), rate=st.floats(1e-12, 1e12), suffix=NAMES)
def test_any_valid_project_round_trips(name: str, scans: list[str], rate: float, suffix: str, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    base = load_project(None, "demo")
    data = base.data.model_copy(update={"test_scans": tuple(scans), "mask_suffix": suffix})
    training = base.training.model_copy(update={"lr_generator": rate})
    project = base.model_copy(update={"name": name, "data": data, "training": training})
    path = tmp_path_factory.mktemp("round") / "p.yaml"
    path.write_text(dump_project(project), encoding="utf-8")
    assert load_project(path) == project


@settings(deadline=None, max_examples=80)
@given(
    field=st.sampled_from(["training", "arrangement.size", "rendering.particle.sheen", "data.images", "seed", "x.y"]),
    value=VALUES,
)
def test_any_value_gives_a_project_or_a_sentence(field: str, value: object) -> None:
    from diffrendergan.config.yaml_text import dump_yaml

    try:
        assert isinstance(load_project(None, "demo", [f"{field}={dump_yaml(value)}"]), Project)
    except ConfigError as error:
        assert "Input should" not in str(error)
        assert "validation error" not in str(error)


def test_nnunet_has_no_distances_to_cut_by():
    with pytest.raises(ConfigError, match="predicts no distances"):
        load_project(None, "tio2-sem", ["segmentation.network=nnunet", "evaluation.decoding=distance"])
    assert load_project(None, "tio2-sem", ["evaluation.decoding=distance"]).evaluation.decoding == "distance"


def test_whole_shapes_are_refused_where_there_are_none():
    project = load_project(None, "tio2-sem", ["evaluation.decoding=amodal"])
    assert project.wants_whole_shapes and project.keeps_silhouettes and not project.synthesis.amodal
    with pytest.raises(ConfigError, match=r"nnU-Net .* predicts no whole shapes"):
        load_project(None, "tio2-sem", ["segmentation.network=nnunet", "evaluation.decoding=amodal"])
    with pytest.raises(ConfigError, match=r"wires and aggregates .* take watershed"):
        load_project(None, "agnw-sem", ["evaluation.decoding=amodal"])
    with pytest.raises(ConfigError, match="wires and aggregates"):
        load_project(None, "tio2-sem", ["particles.shape={family: aggregate}", "evaluation.decoding=amodal"])


def test_nnunet_is_not_adapted():
    with pytest.raises(ConfigError, match=r"`adapt\.steps` is 200, but only the light U-Net is adapted"):
        load_project(None, "tio2-sem", ["segmentation.network=nnunet", "segmentation.adapt.steps=200"])
    assert not load_project(None, "tio2-sem", ["segmentation.network=nnunet"]).segmentation.adapt.acts


def test_a_network_that_starts_from_the_generalist_can_be_asked_for_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text("preset: tio2-sem\nsegmentation: {start: generalist}\n")
    assert load_project(path).segmentation.built_channels == GENERALIST_CHANNELS
    path.write_text("preset: tio2-sem\nsegmentation: {start: generalist, channels: [8, 16]}\n")
    with pytest.raises(ConfigError, match="leave out `channels`, or start from random weights"):
        load_project(path)
