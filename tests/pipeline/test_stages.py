from __future__ import annotations

import inspect
from dataclasses import replace
from importlib.util import find_spec

import pytest

from diffrendergan.cli.main import _STAGES
from diffrendergan.config.fields import without_result
from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.pipeline.records import StageRecord, differences
from diffrendergan.pipeline.stage import config_part, finished_epochs
from diffrendergan.pipeline.stages import FIT, STAGES, stages_of, with_upstream

PAPER = "look=paper"
UNUSED = {
    # Where things lie; their contents are compared.
    "run", "data.images", "data.masks", "data.overrides", "fid.inception_weights", "generator.folder",
    "particles.shape.folder",
    "arrangement.size.file",
    # Decides which stages there are, and where materials are drawn, the results of `synthesize`.
    "generator.draw",
    # Without influence on results.
    "compute.device", "compute.workers", "segmentation.nnunet.workers",
    "arrangement.timeout_s", "rendering.variant", "training.sample_grid",
}  # fmt: skip


def test_what_changes_no_result_is_read_off_the_types() -> None:
    assert set(without_result()) == UNUSED - {"generator.draw"}


def fields(values: object, path: str = "") -> set[str]:
    if not isinstance(values, dict):
        return {path}
    return {name for key, value in values.items() for name in fields(value, f"{path}.{key}".strip("."))}


def test_every_field_of_the_configuration_belongs_to_a_stage() -> None:
    used = set()
    for network in ("unet", "nnunet"):  # each has fields of its own
        acting = (
            "data.scale=0.5",
            "data.heights.degree=1",
            "imaging.astigmatism.along_px=1",
            "imaging.charging.strength=0.1",
            "imaging.defocus.blur_per_unit=1",
            "imaging.distractors.number=[1, 2]",
            "imaging.glow.strength=0.1",
            "imaging.ground.model=texture",
            "imaging.ground_noise.carried=true",
            "imaging.grain.sigma=0.1",
            "imaging.levelling.tilt=0.1",
            "imaging.levels.share=0.1",
            "imaging.levels.gain=2",
            "imaging.line_noise.sigma=0.01",
            "imaging.mottle.sigma=0.1",
            "imaging.quantisation.bits=8",
            "imaging.response.gamma=0.9",
            "imaging.rims.sigma=0.1",
            "imaging.rings.sigma=0.1",
            "imaging.saturation.share=0.1",
            "imaging.scan.jitter_px=0.1",
            "imaging.seams.depth=0.1",
            "imaging.sharpening.amount=0.1",
            "imaging.shot_noise.variance_per_signal=0.01",
            "imaging.tail.weight=0.1",
            "imaging.variation.sigma=0.1",
            "imaging.vignetting.strength=0.1",
        )
        adapting = ["segmentation.adapt.steps=1"] if network == "unet" else []
        project = load_project(None, "tio2-sem", [PAPER, f"segmentation.network={network}", *acting, *adapting])
        fitted = load_project(None, "tio2-sem", [PAPER, "generator.draw=fitted"])
        for stage in (*STAGES, *stages_of(fitted)):
            used |= set(config_part(stage, project, {}))
        for modality, model in (("transmission", "absorption"), ("topography", "relief"), ("section", "phase")):
            other = load_project(None, "tio2-sem", [PAPER, f"rendering.particle={{model: {model}}}"])
            its = {name for stage in STAGES for name in config_part(stage, other, {})} - used
            assert {name.rpartition(".")[0] for name in its} <= {f"rendering.{modality}", "rendering.particle"}
            used |= {name for name in its if name.startswith(f"rendering.{modality}")}
        balanced = load_project(None, "tio2-sem", [PAPER, "training.recipe=balanced"])
        used |= {name for stage in stages_of(balanced) for name in config_part(stage, balanced, {})}
    corrected = load_project(None, "tio2-sem", [PAPER, "evaluation.twins=true"])
    used |= {name for stage in STAGES for name in config_part(stage, corrected, {})}
    recipes = {name for stage in (*STAGES, FIT, *stages_of(balanced)) for name in stage.recipe}
    assert used - {"with_real", "generator.draw"} - recipes == fields(project.model_dump(mode="json")) - UNUSED


def test_adjustable_and_left_out_fields_exist() -> None:
    project = load_project(None, "tio2-sem", [PAPER])
    for stage in (replace(stage, unused=None) for stage in STAGES):
        part = set(config_part(stage, project, {}))
        assert set(stage.adjustable) <= part
        assert not set(stage.without) & part


def test_networks_of_an_earlier_recipe_are_trained_anew() -> None:
    (segment,) = (stage for stage in STAGES if stage.name == "segment")
    project = load_project(None, "tio2-sem", [PAPER])
    now = config_part(segment, project, {})
    before = config_part(replace(segment, recipe={}), project, {})
    assert {name for name in now if now[name] != before.get(name)} == {"segmentation.recipe"}
    other = load_project(None, "tio2-sem", [PAPER, "segmentation.network=nnunet"])
    assert config_part(segment, other, {}) == config_part(replace(segment, recipe={}), other, {})


def test_twins_are_made_and_taken_away_without_measuring_anew() -> None:
    plain, corrected = (load_project(None, "tio2-sem", [PAPER, *given]) for given in ((), ("evaluation.twins=true",)))
    for stage in STAGES:
        before, after = (StageRecord(config_part(stage, project, {}), {}, {}) for project in (plain, corrected))
        assert "evaluation.twins" not in before.config  # runs of older programs stay valid
        assert (before != after) == (stage.name == "quantify")
        for one, other in ((before, after), (after, before)):
            assert not any(difference.fatal for difference in differences(stage, one, other))


def test_stages_come_after_what_they_need_and_are_commands() -> None:
    fitted = stages_of(load_project(None, "tio2-sem", [PAPER, "generator.draw=fitted"]))
    assert {stage.name for stage in (*STAGES, *fitted)} == set(_STAGES)
    for stages in (STAGES, fitted):
        names = [stage.name for stage in stages]
        assert names == [name for name in _STAGES if name in names]
        for index, stage in enumerate(stages):
            assert set(stage.upstream) <= set(names[:index])


def test_a_target_brings_what_it_needs() -> None:
    assert [stage.name for stage in with_upstream(STAGES, "select")] == ["prepare", "train", "select"]
    assert len(with_upstream(STAGES, None)) == 10


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_the_functions_of_the_stages_exist_and_take_what_they_are_given(stage) -> None:  # type: ignore[no-untyped-def]
    assert find_spec(stage.function.partition(":")[0]) is not None
    names = list(inspect.signature(stage.load()).parameters)
    assert names == ["project", "folder", "reporter", *stage.flags]


def test_values_are_plain() -> None:
    part = config_part(STAGES[1], Project(), {})
    assert part["rendering.particle.roughness.learn"] == [0.01, 5.0]


def test_without_a_generator_to_train_images_come_right_after_the_scans(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "scans").mkdir()
    overrides = ["generator.draw=uniform", f"data.images={tmp_path / 'scans'}"]
    project = load_project(None, "tio2-sem", [PAPER, *overrides])
    stages = {stage.name: stage for stage in stages_of(project)}
    assert {"train", "select"}.isdisjoint(stages)
    assert stages["synthesize"].upstream == ("prepare",)
    part = config_part(stages["synthesize"], project, {})
    assert part["generator.draw"] == "uniform"
    assert "rendering.particle.roughness" in " ".join(part)


def test_the_other_networks_fields_do_not_matter() -> None:
    segment = next(stage for stage in STAGES if stage.name == "segment")
    parts = {
        network: config_part(segment, load_project(None, "tio2-sem", [PAPER, f"segmentation.network={network}"]), {})
        for network in ("unet", "nnunet")
    }
    assert "segmentation.steps" in parts["unet"]
    assert not any(name.startswith("segmentation.nnunet") for name in parts["unet"])
    assert "segmentation.nnunet.epochs" in parts["nnunet"]
    assert "segmentation.steps" not in parts["nnunet"]


def test_an_adaptation_that_is_off_does_not_matter_to_older_runs() -> None:
    segment = next(stage for stage in STAGES if stage.name == "segment")
    plain, adapted = (
        load_project(None, "tio2-sem", [PAPER, f"segmentation.adapt.steps={steps}", "segmentation.adapt.weight=2"])
        for steps in (0, 200)
    )
    off, on = (config_part(segment, project, {}) for project in (plain, adapted))
    assert not any(name.startswith("segmentation.adapt") for name in off)
    assert on["segmentation.adapt.steps"] == 200 and on["segmentation.adapt.scans"] == "training"
    # What is trained stays: the adaptation is done beside it, or left out.
    assert {name for name in on if on[name] != off.get(name)} <= set(segment.adjustable)
    found = differences(segment, StageRecord(off, {}, {}), StageRecord(on, {}, {}))
    assert found and not any(difference.fatal for difference in found)
    assert StageRecord(off, {}, {}).token(segment) != StageRecord(on, {}, {}).token(segment)


def test_operators_that_are_left_out_do_not_matter_to_older_runs() -> None:
    train = next(stage for stage in STAGES if stage.name == "train")
    plain, astigmatic = (
        load_project(None, "tio2-sem", [PAPER, *more]) for more in ((), ("imaging.astigmatism.along_px=1",))
    )
    real = load_project(None, "tio2-sem", [PAPER, "imaging.ground.model=real"])
    assert config_part(train, real, {})["imaging.ground.model"] == "real"
    imaging = [name for name in config_part(train, plain, {}) if name.startswith("imaging.")]
    assert imaging == ["imaging.blur_sigma_px", "imaging.noise_sigma.learn"]
    assert config_part(train, astigmatic, {})["imaging.astigmatism.along_px"] == 1.0


def test_a_training_from_the_fit_comes_after_it_and_has_no_fields_of_the_papers() -> None:
    project = load_project(None, "tio2-sem", [PAPER, "training.recipe=balanced", "training.lr_generator=1"])
    stages = stages_of(project)
    assert [stage.name for stage in stages[:4]] == ["prepare", "fit", "train", "select"]
    assert [stage.name for stage in stages[2:]] == [stage.name for stage in STAGES[1:]]
    train = stages[2]
    assert train.upstream == ("prepare", "fit")
    part = config_part(train, project, {})
    assert part["training.recipe"] == "balanced" and part["fit.spread"] == 1.0
    assert [name for name in part if name.startswith("training.")] == ["training.epochs", "training.recipe"]


def test_runs_from_before_there_were_two_recipes_stay_valid() -> None:
    train = next(stage for stage in STAGES if stage.name == "train")
    part = config_part(train, load_project(None, "tio2-sem", ["look=paper"]), {})
    assert "training.recipe" not in part and part["training.lr_generator"] == 2e-4


def test_epochs_are_counted_by_the_last_one(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert finished_epochs(tmp_path) == {}
    (tmp_path / "history.jsonl").write_text("")
    assert finished_epochs(tmp_path) == {}
    (tmp_path / "history.jsonl").write_text("".join(f'{{"epoch": {epoch}}}\n' for epoch in range(3)))
    assert finished_epochs(tmp_path) == {"training.epochs": 2}


def test_the_direction_of_contrast_matters_where_nothing_is_trained() -> None:
    bright, dark = (
        load_project(None, "tio2-sem", [PAPER, "generator.draw=uniform", f"data.foreground={way}"])
        for way in ("bright", "dark")
    )
    parts = []
    for project in (bright, dark):
        stage = next(stage for stage in stages_of(project) if stage.name == "synthesize")
        parts.append(config_part(stage, project, {}))
    assert "data.foreground" not in parts[0] and parts[1]["data.foreground"] == "dark"


def test_whole_shapes_are_learned_when_they_are_asked_for() -> None:
    plain, amodal, kept = (
        {stage.name: stage_record(stage, load_project(None, "tio2-sem", [PAPER, *given])) for stage in STAGES}
        for given in (["evaluation.decoding=distance"], [AMODAL], [AMODAL, "synthesis.amodal=true"])
    )
    by_name = {stage.name: stage for stage in STAGES}
    (found,) = differences(by_name["synthesize"], plain["synthesize"], amodal["synthesize"])
    assert not found.fatal  # silhouettes are added to images that stay
    tokens = {records["synthesize"].token(by_name["synthesize"]) for records in (plain, amodal)}
    assert len(tokens) == 1
    (found,) = differences(by_name["segment"], plain["segment"], amodal["segment"])
    assert found.fatal
    # Of other decodings nothing is recorded: runs made before there were whole shapes stay valid.
    assert not any("decoding" in name for stage in ("synthesize", "segment") for name in plain[stage].config)
    assert "evaluation.decoding" not in kept["synthesize"].config


AMODAL = "evaluation.decoding=amodal"


def stage_record(stage, project) -> StageRecord:  # type: ignore[no-untyped-def]
    return StageRecord(config_part(stage, project, {}), {}, {})
