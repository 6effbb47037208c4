"""Transport images in memory and on disk."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig
from diffrendergan.config.scene import MaterialGroup, RenderingConfig
from diffrendergan.errors import RunFolderError
from diffrendergan.rendering.images import (
    CoveredTerms,
    TransportImages,
    covered_terms,
    load_images,
    save_images,
)
from diffrendergan.rendering.transport_renderer import TransportRenderer
from diffrendergan.rendering.weights import separate_materials

SIZE = 12
CONFIG = RenderingConfig(
    particle=MaterialConfig(base_color=Learned(learn=(0.1, 1.0)), roughness=Learned(learn=(0.1, 2.0))),
    groups=(
        MaterialGroup(
            name="metal",
            meshes=(1,),
            material=MaterialConfig(metallic=Learned(learn=(0.0, 1.0)), clearcoat=Learned(learn=(0.0, 1.0))),
        ),
    ),
    stage=MaterialConfig(base_color=Learned(learn=(0.1, 0.4)), sheen=Learned(learn=(0.0, 1.0))),
)


@pytest.fixture(scope="module")
def separation():
    return separate_materials(CONFIG, 3)


@pytest.fixture
def images(separation, random_images):
    return random_images(separation, SIZE)


def test_what_is_loaded_is_what_was_saved_in_half_precision(images, separation, tmp_path):
    save_images(tmp_path / "a.safetensors", images)
    loaded = load_images(tmp_path / "a.safetensors", separation.basis_counts, SIZE)
    assert torch.equal(loaded.stage, images.stage.half())
    for after, before in zip(loaded.particles, images.particles, strict=True):
        assert torch.equal(after.pixels, before.pixels)
        assert (after.pixels.dtype, after.values.dtype) == (torch.int32, torch.float16)
        assert after.basis_count == before.basis_count
    torch.testing.assert_close(loaded.dense(), images.dense(), rtol=0, atol=2e-3)
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_an_arrangement_without_particles_is_saved_and_loaded(images, separation, tmp_path):
    nothing = tuple(CoveredTerms(c.pixels[:0], c.values[:, :0]) for c in images.particles)
    save_images(tmp_path / "a.safetensors", TransportImages(nothing, images.stage))
    loaded = load_images(tmp_path / "a.safetensors", separation.basis_counts, SIZE)
    assert [covered.values.shape[1] for covered in loaded.particles] == [0, 0]
    weights = [torch.ones(count) for count in separation.basis_counts]
    torch.testing.assert_close(loaded.render(weights), loaded.stage.float().sum(0))


def test_another_number_of_images_or_another_size_is_refused(images, separation, tmp_path):
    path = tmp_path / "a.safetensors"
    save_images(path, images)
    first, second, stage = separation.basis_counts
    for basis in ((first + 1, second, stage), (second, first, stage), (first, second, stage - 1), (first, stage)):
        with pytest.raises(RunFolderError, match=r"a\.safetensors is broken .*delete it"):
            load_images(path, basis, SIZE)
    with pytest.raises(RunFolderError, match=f"{SIZE} px instead of .* of {SIZE + 1}"):
        load_images(path, separation.basis_counts, SIZE + 1)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: b"nothing", lambda data: data[:-7]])
def test_a_broken_file_is_named(images, separation, tmp_path, damage):
    path = tmp_path / "a.safetensors"
    save_images(path, images)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(RunFolderError, match=r"a\.safetensors is broken"):
        load_images(path, separation.basis_counts, SIZE)


def test_a_missing_file_is_named(separation, tmp_path):
    with pytest.raises(RunFolderError, match=r"a\.safetensors is broken"):
        load_images(tmp_path / "a.safetensors", separation.basis_counts, SIZE)


def test_bytes_are_those_of_all_tensors(images):
    shown = sum(len(covered.pixels) for covered in images.particles)
    values = sum(covered.values.numel() for covered in images.particles)
    assert images.bytes == 4 * shown + 4 * values + 4 * images.stage.numel()
    half = images.to("cpu", torch.float16)
    assert half.bytes == 4 * shown + 2 * values + 2 * images.stage.numel()
    mixing = sum(covered.mixing.numel() for covered in half.compressed().particles)
    assert half.compressed().bytes <= half.bytes + 4 * mixing


def alike(count: int, kept: int, noise: float, seed: int = 0) -> CoveredTerms:
    """Return `count` images that are mixed from `kept`, but for some noise."""
    rng = np.random.default_rng(seed)
    values = rng.random((count, kept)) @ rng.random((kept, 90)) + noise * rng.normal(size=(count, 90))
    return CoveredTerms(torch.arange(90, dtype=torch.int32), torch.from_numpy(values).float())


def test_images_that_are_alike_are_stored_as_few():
    covered = alike(30, 4, 0.0)
    stored = covered.compressed()
    assert stored.values.shape == (4, 90) and stored.mixing.shape == (30, 4)
    assert stored.basis_count == covered.basis_count == 30
    torch.testing.assert_close(stored.mixing @ stored.values, covered.values, rtol=0, atol=1e-4)
    weight = torch.rand(30, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(stored.weighted(weight), covered.weighted(weight), rtol=1e-4, atol=1e-4)


@given(st.integers(1, 20), st.integers(1, 20), st.floats(1e-7, 0.1), st.integers(0, 2**31))
@settings(deadline=None, max_examples=25)
def test_compression_loses_less_than_its_tolerance_and_no_image_too_many(count, kept, noise, seed):
    tolerance = 0.01
    covered = alike(count, kept, noise, seed)
    stored = covered.compressed(tolerance)
    error = (stored.mixing.double() @ stored.values.double() - covered.values.double()).square().mean().sqrt()
    assert error < tolerance
    assert len(stored.values) <= count
    if len(stored.values) > 0:
        fewer = stored.mixing.double()[:, :-1] @ stored.values.double()[:-1]
        assert (fewer - covered.values.double()).square().mean().sqrt() > 0.99 * tolerance


def test_what_is_compressed_is_not_compressed_again():
    once = alike(10, 3, 0.0).compressed()
    assert once.compressed() is once


def test_a_render_is_the_weighted_sum_of_the_dense_pictures(images, separation):
    weights = [torch.rand(count, generator=torch.Generator().manual_seed(0)) for count in separation.basis_counts]
    dense = images.dense()
    assert dense.shape == (sum(separation.basis_counts), SIZE, SIZE)
    expected = torch.einsum("r,rxy->xy", torch.cat(weights), dense)
    torch.testing.assert_close(images.render(weights), expected)


def test_dense_pictures_of_what_is_stored_in_half_precision_are_in_full(images):
    dense = images.to("cpu", torch.float16).dense()
    assert dense.dtype == torch.float32
    torch.testing.assert_close(dense, images.dense(), rtol=1e-3, atol=1e-3)


def test_pixels_that_show_nothing_are_left_out():
    dense = torch.zeros(3, 5, 5)
    dense[1, 2, 3], dense[2, 4, 0], dense[0, 0, 0] = 1.0, -0.5, 1e-8
    covered = covered_terms(dense)
    assert covered.pixels.tolist() == [13, 20]
    assert covered.values.tolist() == [[0.0, 0.0], [1.0, 0.0], [0.0, -0.5]]


def test_a_material_without_images_covers_nothing():
    covered = covered_terms(torch.zeros(0, 5, 5))
    assert covered.pixels.shape == (0,) and covered.values.shape == (0, 0)


@given(st.integers(0, 2**31))
@settings(deadline=None, max_examples=15)
def test_half_precision_changes_a_render_by_less_than_a_two_thousandth(separation, random_images, seed):
    """Images are of one sign, so the rounding of each, at most 2⁻¹¹, bounds that of a sum with positive weights."""
    images = random_images(separation, SIZE, seed)
    rng = np.random.default_rng(seed)
    weights = [torch.from_numpy(rng.random(count)).float() for count in separation.basis_counts]
    exact, stored = images.render(weights), images.to("cpu", torch.float16).render(weights)
    assert ((exact - stored).abs() <= 2.0**-11 * exact + 1e-6).all()


def test_a_batch_is_its_rows_one_by_one_and_so_are_its_gradients(separation, random_images, random_theta):
    stored = [random_images(separation, SIZE, seed) for seed in range(3)]
    renderer = TransportRenderer(separation, [*stored[:2], stored[2].compressed()])
    indices = [2, 0, 2, 1]
    rows = torch.from_numpy(np.stack([random_theta(renderer.parameters, seed) for seed in range(len(indices))]))
    direction = torch.rand(len(indices), SIZE, SIZE, generator=torch.Generator().manual_seed(0))

    together = rows.clone().requires_grad_()
    batch = renderer.render(indices, together)
    (batch.square() * direction).sum().backward()
    assert batch.shape == (4, SIZE, SIZE) and batch.dtype == torch.float32
    for number, index in enumerate(indices):
        alone = rows[number : number + 1].clone().requires_grad_()
        image = renderer.render([index], alone)
        (image.square() * direction[number]).sum().backward()
        torch.testing.assert_close(batch[number], image[0])
        torch.testing.assert_close(together.grad[number], alone.grad[0])
