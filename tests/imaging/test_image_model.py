"""The image model: whose column is whose, the chain in its order, and links that a single file adds."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent

import pytest
import torch

from diffrendergan.config.base import Learned, NonNegativeParameter
from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.config.operator_section import OperatorSection
from diffrendergan.config.optics import AstigmatismConfig, DefocusConfig
from diffrendergan.config.recording import ResponseConfig
from diffrendergan.errors import ConfigError
from diffrendergan.imaging import operators
from diffrendergan.imaging.chain import find_operators, links_of
from diffrendergan.imaging.image_model import ImageModel, image_model
from diffrendergan.imaging.operators.astigmatism import astigmatic_blur
from diffrendergan.imaging.operators.gaussian_blur import gaussian_blur
from diffrendergan.rendering.protocol import ParameterSpec

LEARNED = ImagingConfig(
    defocus=DefocusConfig(blur_per_unit=0.3, focus_depth=Learned(learn=(-1.0, 3.0))),
    astigmatism=AstigmatismConfig(along_px=Learned(learn=(0.5, 3.0)), angle_deg=Learned(learn=(0.0, 180.0))),
    blur_sigma_px=Learned(learn=(0.3, 3.0)),
    noise_sigma=Learned(learn=(0.001, 0.1)),
)


class Plain:
    """Draws θ's two columns as brightness, half of each image at a depth of its own."""

    parameters = (ParameterSpec("particle.a", 0.0, 1.0), ParameterSpec("stage.b", 0.0, 1.0))

    def __init__(self):
        self.asked = []

    def render(self, indices: Sequence[int], theta):
        pattern = torch.rand(len(indices), 24, 24, generator=torch.Generator().manual_seed(1)).to(theta)
        return 0.2 * pattern + theta.sum(1)[:, None, None] * 0.2

    def buffers(self, indices, names):
        self.asked.append((list(indices), tuple(names)))
        depth = torch.zeros(len(indices), 24, 24)
        depth[:, :, 12:] = 3.0
        return {"depth": depth, "coverage": (depth == 0).float()}


class PlainSnapshots(Plain):
    def radiance(self, theta, seed):
        return self.render([0], theta)

    def buffers(self, names):
        return super().buffers([0], names)


def test_columns_are_the_renderers_then_each_operators_in_the_order_of_the_configuration():
    model = image_model(Plain(), LEARNED)
    assert [spec.name for spec in model.columns] == [
        "particle.a",
        "stage.b",
        "imaging.defocus.focus_depth",
        "imaging.astigmatism.along_px",
        "imaging.astigmatism.angle_deg",
        "imaging.blur_sigma_px",
        "imaging.noise_sigma",
    ]
    assert model.columns[3] == ParameterSpec("imaging.astigmatism.along_px", 0.5, 3.0)


def test_the_columns_of_older_runs_are_the_same():
    model = image_model(Plain(), ImagingConfig(blur_sigma_px=Learned(learn=(0.3, 3.0))))
    assert [spec.name for spec in model.columns[2:]] == ["imaging.blur_sigma_px", "imaging.noise_sigma"]
    assert image_model(Plain(), ImagingConfig(noise_sigma=0.0)).links == ()


def test_theta_is_split_by_who_takes_it():
    theta = torch.arange(14.0).view(2, 7)
    rendered, links = image_model(Plain(), LEARNED).split(theta)
    assert torch.equal(rendered, theta[:, :2])
    assert [part.tolist() for part in links] == [[[2.0], [9.0]], [[3.0, 4.0], [10.0, 11.0]], [[5.0], [12.0]],
                                                 [[6.0], [13.0]]]  # fmt: skip


def test_training_and_synthesis_make_the_same_image(rng):
    model = image_model(Plain(), LEARNED)
    theta = torch.tensor([[0.4, 0.3, 0.5, 1.1, 30.0, 0.6, 0.02]])
    trained = model.images(Plain(), [0], theta, rng(4))
    shown = model.snapshot(PlainSnapshots(), theta, 7, rng(4))
    assert torch.equal(trained, shown)
    assert trained.min() >= 0 and trained.max() <= 1 and trained.std() > 0.01


def test_only_what_is_asked_for_is_asked_for(rng):
    renderer = Plain()
    image_model(renderer, ImagingConfig(noise_sigma=0.1)).images(renderer, [0], torch.zeros(1, 2), rng())
    assert renderer.asked == []
    defocus = ImagingConfig(defocus=DefocusConfig(blur_per_unit=0.2), noise_sigma=0.0)
    image_model(renderer, defocus).images(renderer, [3, 1], torch.zeros(2, 2), rng())
    assert renderer.asked == [([3, 1], ("depth",))]


def test_the_chain_runs_in_its_order(rng):
    config = ImagingConfig(
        astigmatism=AstigmatismConfig(along_px=2.0, across_px=0.5, angle_deg=20.0),
        blur_sigma_px=0.8,
        response=ResponseConfig(gamma=2.0),
        noise_sigma=0.0,
    )
    image = torch.rand(1, 48, 48, generator=rng())
    one, two, angle, blur = (torch.tensor([value]) for value in (2.0, 0.5, 20.0, 0.8))
    expected = gaussian_blur(astigmatic_blur(image, one, two, angle, 2.0), blur, 0.8) ** 2
    found = ImageModel((), links_of(config)).develop(image, torch.zeros(1, 0), {})
    # Where the edge of the image is blurred twice it matters that both blurs see one continuation of it.
    inside = (..., slice(12, -12), slice(12, -12))
    torch.testing.assert_close(found[inside], expected[inside])


def test_point_spreads_that_follow_each_other_are_one(rng):
    """Blurs of 0.9 and 1.2 px in a row are one of 1.5 px, at the edges too."""
    image = torch.rand(1, 40, 50, generator=rng(), dtype=torch.float64)
    widths = AstigmatismConfig(along_px=0.9, across_px=0.9)
    links = links_of(ImagingConfig(astigmatism=widths, tail={"weight": 1.0, "sigma_px": 1.2}, noise_sigma=0.0))
    values = (torch.tensor([value], dtype=torch.float64) for value in (1.5, 1.5, 0.0))
    found = ImageModel((), links).develop(image, torch.zeros(1, 0, dtype=torch.float64), {})
    torch.testing.assert_close(found, astigmatic_blur(image, *values, 1.5), atol=1e-5, rtol=0)


def test_a_fixed_value_is_a_learned_one_of_that_value(rng):
    image = torch.rand(1, 24, 24, generator=rng())
    fixed = ImageModel((), links_of(ImagingConfig(blur_sigma_px=1.5, noise_sigma=0.1)))
    learned = ImageModel(
        (), links_of(ImagingConfig(blur_sigma_px=Learned(learn=(0.5, 1.5)), noise_sigma=Learned(learn=(0.0, 0.2))))
    )
    expected = fixed.develop(image, torch.zeros(1, 0), {}, rng(2))
    torch.testing.assert_close(learned.develop(image, torch.tensor([[1.5, 0.1]]), {}, rng(2)), expected)


def test_radiance_is_clamped_before_the_noise_as_in_f_r(rng):
    bright = torch.full((1, 100, 100), 3.0)
    noisy = ImageModel((), links_of(ImagingConfig(noise_sigma=0.1))).develop(bright, torch.zeros(1, 0), {}, rng())
    assert noisy.max() == 1.0
    assert (noisy < 0.99).float().mean() == pytest.approx(0.46, abs=0.03)


def test_same_generator_same_noise(rng):
    model = ImageModel((), links_of(ImagingConfig()))
    image, sigma = torch.rand(1, 16, 16, generator=rng(3)), torch.tensor([[0.05]])
    assert torch.equal(model.develop(image, sigma, {}, rng(1)), model.develop(image, sigma, {}, rng(1)))
    assert not torch.equal(model.develop(image, sigma, {}, rng(1)), model.develop(image, sigma, {}, rng(2)))


def test_the_whole_chain_has_the_derivatives_of_finite_differences(rng, assert_derivatives):
    model, renderer = image_model(Plain(), LEARNED), Plain()
    weight = torch.rand(1, 24, 24, generator=rng(5)).double()

    def total(theta):
        return (model.images(renderer, [0], theta, rng(9)) * weight).sum()

    assert_derivatives(total, [0.7, 0.6, 0.5, 1.1, 30.0, 0.9, 0.02], rel=1e-3)


def test_nothing_learned_is_nothing_to_train():
    renderer = Plain()
    renderer.parameters = ()
    with pytest.raises(ConfigError, match="no parameter is learned"):
        image_model(renderer, ImagingConfig(noise_sigma=0.1)).learned()


class Texture:
    """A ground that puts stripes where no particle is."""

    buffers = ("coverage",)

    def under(self, radiance, buffers, rng):
        stripes = torch.arange(radiance.shape[2]) % 2 * 0.5
        return radiance * buffers["coverage"] + stripes * (1 - buffers["coverage"])


def test_a_ground_lies_under_the_particles_before_any_operator(rng):
    links = links_of(ImagingConfig(noise_sigma=0.0))
    model = ImageModel(Plain.parameters, links, Texture())
    assert model.buffers == ("coverage",)
    image = model.images(Plain(), [0], torch.tensor([[0.4, 0.3]]), rng())[0]
    plain = ImageModel(Plain.parameters, links).images(Plain(), [0], torch.tensor([[0.4, 0.3]]), rng())[0]
    assert torch.equal(image[:, :12], plain[:, :12])
    assert torch.equal(image[:, 12:], (torch.arange(12, 24) % 2 * 0.5).expand(24, -1))


def test_each_field_of_the_configuration_has_its_operator_and_each_operator_its_field():
    assert set(find_operators()) == set(ImagingConfig.model_fields)


class ShadeConfig(OperatorSection):
    strength: NonNegativeParameter = Learned(learn=(0.0, 1.0))

    @property
    def acts(self):
        return True


class WiderConfig(ImagingConfig):
    shade: ShadeConfig = ShadeConfig()


SHADE = """
    from diffrendergan.imaging.operator import Operator

    def apply(given):
        return given.images * (1 - given.values["strength"][:, None, None] * given.buffers["coverage"])

    OPERATOR = Operator("shade", apply, buffers=("coverage",))
"""


def test_an_operator_is_one_file_and_one_section(tmp_path, monkeypatch, rng, assert_derivatives):
    """A file beside the others, and a field of the configuration: nothing else knows of it."""
    with pytest.raises(ValueError, match=r"no module of imaging\.operators has an operator for the field 'shade'"):
        image_model(Plain(), WiderConfig())
    (tmp_path / "shade.py").write_text(dedent(SHADE))
    monkeypatch.setattr(operators, "__path__", [*operators.__path__, str(tmp_path)])
    model, renderer = image_model(Plain(), WiderConfig(noise_sigma=0.0)), Plain()
    assert model.columns[-1] == ParameterSpec("imaging.shade.strength", 0.0, 1.0)
    image = model.images(renderer, [0], torch.tensor([[0.4, 0.3, 0.75]]), rng())
    bare = ImageModel(Plain.parameters, ()).images(renderer, [0], torch.tensor([[0.4, 0.3]]), rng())
    torch.testing.assert_close(image[:, :, :12], bare[:, :, :12] * 0.25)
    assert torch.equal(image[:, :, 12:], bare[:, :, 12:])
    assert_derivatives(lambda theta: model.images(renderer, [0], theta, rng()).sum(), [0.4, 0.3, 0.75])


def test_two_operators_of_one_field_are_refused(tmp_path, monkeypatch):
    (tmp_path / "another.py").write_text(dedent(SHADE).replace('"shade"', '"noise_sigma"'))
    monkeypatch.setattr(operators, "__path__", [*operators.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match="two operators claim the field 'noise_sigma'"):
        find_operators()
