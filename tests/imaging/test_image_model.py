"""The image model: whose column is whose, the chain in its order, and links that a single file adds."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent

import pytest
import torch

from diffrendergan.config.base import Learned, NonNegativeParameter
from diffrendergan.config.ground import DistractorConfig, RealGround
from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.config.operator_section import OperatorSection
from diffrendergan.config.optics import AstigmatismConfig, DefocusConfig
from diffrendergan.config.recording import ResponseConfig, ShotNoiseConfig, VignettingConfig
from diffrendergan.errors import ConfigError
from diffrendergan.imaging import operators
from diffrendergan.imaging.chain import find_operators, links_of
from diffrendergan.imaging.image_model import ImageModel, image_model
from diffrendergan.imaging.operators.astigmatism import astigmatic_blur
from diffrendergan.imaging.operators.gaussian_blur import gaussian_blur
from diffrendergan.imaging.passage import passed
from diffrendergan.imaging.pictured_ground import PicturedGround
from diffrendergan.rendering.layers import Layers
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


class Apart(Plain):
    """The same, taken apart: particles fill the left half."""

    def layers(self, indices, theta):
        radiance, inside = self.render(indices, theta), torch.zeros(24, 24)
        inside[:, :12] = 1
        return Layers(radiance * inside, radiance * (1 - inside), radiance)


class ApartSnapshots(Apart):
    def layers(self, theta, seed):
        return super().layers([0], theta)

    def buffers(self, names):
        return super().buffers([0], names)


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


class Stripes:
    """A ground of stripes, brighter by its one column of θ; drawn, or recorded by a microscope."""

    buffers = ()
    columns = (ParameterSpec("imaging.ground.level", 0.0, 1.0),)

    def __init__(self, recorded: bool):
        self.recorded = recorded

    def draw(self, empty, learned, buffers, rng):
        stripes = torch.arange(empty.shape[2]).to(empty) % 2 * 0.5
        return stripes * learned[0][:, None, None] + torch.zeros_like(empty)

    def shaded(self, through, learned):
        return through


@pytest.mark.parametrize("recorded", [False, True])
def test_another_ground_lies_under_the_particles_and_has_its_columns(rng, recorded):
    links = links_of(ImagingConfig(noise_sigma=0.0))
    model = ImageModel(Apart.parameters, links, Stripes(recorded))
    assert [spec.name for spec in model.columns] == ["particle.a", "stage.b", "imaging.ground.level"]
    renderer = Apart()
    image = model.images(renderer, [0], torch.tensor([[0.4, 0.3, 0.8]]), rng())[0]
    particles = renderer.layers([0], torch.tensor([[0.4, 0.3]])).particles[0]
    assert torch.equal(image[:, :12], particles[:, :12])
    torch.testing.assert_close(image[:, 12:], (torch.arange(12, 24) % 2 * 0.4).expand(24, -1))


def test_only_a_recorded_ground_is_spared_blur_and_noise(rng):
    links = links_of(ImagingConfig(blur_sigma_px=1.0, noise_sigma=0.05))
    theta = torch.tensor([[0.4, 0.3, 0.8]])
    drawn, recorded = (
        ImageModel(Apart.parameters, links, Stripes(kind)).images(Apart(), [0], theta, rng(1))[0, :, 18:]
        for kind in (False, True)
    )
    stripes = (torch.arange(18, 24) % 2 * 0.4).expand(24, -1)
    torch.testing.assert_close(recorded, stripes, rtol=0, atol=1e-3)
    assert (drawn - stripes).abs().mean() > 0.1


REAL = RealGround(gain=Learned(learn=(0.5, 2.0)), offset=0.02, shadow=Learned(learn=(0.0, 0.6)), gain_spread=0.1)
OVER_REAL = LEARNED.model_copy(
    update={
        "ground": REAL,
        "distractors": DistractorConfig(number=(2, 2), size_px=(4, 8)),
        "vignetting": VignettingConfig(strength=Learned(learn=(0.0, 0.3))),
        "shot_noise": ShotNoiseConfig(variance_per_signal=Learned(learn=(0.001, 0.01))),
    }
)


def over_real() -> ImageModel:
    pictures = 0.2 + 0.1 * torch.rand(3, 24, 24, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return image_model(Apart(), OVER_REAL, PicturedGround(REAL, pictures))


def test_over_real_ground_all_columns_have_the_derivatives_of_finite_differences(rng, assert_derivatives):
    """Among them those of particles, of the ground and of noise that is weighed by what is seen of it."""
    model, renderer = over_real(), Apart()
    names = [spec.name for spec in model.columns]
    assert names[:4] == ["particle.a", "stage.b", "imaging.ground.gain", "imaging.ground.shadow"]
    weight = torch.rand(1, 24, 24, generator=rng(5)).double()

    def total(theta):
        return (model.images(renderer, [0], theta, rng(9)) * weight).sum()

    assert_derivatives(total, [0.7, 0.6, 1.1, 0.3, 0.5, 1.1, 30.0, 0.9, 0.1, 0.004, 0.02], rel=1e-3)


def test_over_real_ground_the_same_generator_makes_the_same_image_in_training_and_synthesis(rng):
    model = over_real()
    theta = torch.tensor([[0.7, 0.6, 1.1, 0.3, 0.5, 1.1, 30.0, 0.9, 0.1, 0.004, 0.02]])
    trained = model.images(Apart(), [0], theta, rng(4))
    assert torch.equal(trained, model.snapshot(ApartSnapshots(), theta, 7, rng(4)))
    assert not torch.equal(trained, model.images(Apart(), [0], theta, rng(5)))


def test_the_flat_ground_is_the_render_as_it_is(rng):
    """Nothing is taken apart, nothing drawn: what was made before there were other grounds is made again."""
    renderer = Plain()  # which has no layers
    model = image_model(renderer, LEARNED)
    assert not model.takes_apart
    theta = torch.tensor([[0.4, 0.3, 0.5, 1.1, 30.0, 0.6, 0.02]])
    generator, images = rng(4), renderer.render([0], theta[:, :2])
    buffers = renderer.buffers([0], model.buffers)
    images = passed(images, model.links, model.split(theta)[1], buffers, generator).images
    assert torch.equal(model.images(renderer, [0], theta, rng(4)), images.clamp(0, 1))


def test_distractors_lie_on_the_flat_ground_too(rng):
    distractors = DistractorConfig(number=(3, 3), size_px=(8, 12), contrast=(0.3, 0.3), dark=0.0)
    config = ImagingConfig(noise_sigma=0.0, distractors=distractors)
    model, theta = image_model(Apart(), config), torch.tensor([[0.4, 0.3]])
    plain = Apart().render([0], theta)[0]
    change = model.images(Apart(), [0], theta, rng(2))[0] - plain
    assert change[:, :12].abs().max() < 1e-6
    assert change[:, 12:].max() > 0.05


def test_a_model_with_another_ground_is_not_given_plain_radiance():
    with pytest.raises(ValueError, match="takes `Layers`"):
        over_real().develop(torch.zeros(1, 24, 24), torch.zeros(1, 11), {})
    with pytest.raises(ValueError, match=r"`imaging\.ground` is real, but no such ground was given"):
        image_model(Apart(), OVER_REAL)


def test_each_field_of_the_configuration_has_its_operator_and_each_operator_its_field():
    assert set(find_operators()) == set(ImagingConfig.model_fields) - {"ground", "distractors"}


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
