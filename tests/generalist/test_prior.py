"""What the generalist is taught: images and labels that fit each other, of every kind."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.generalist.looks import LOOKS
from diffrendergan.generalist.prior import LEAST_VISIBLE_PX, draw_example

SIZE = 96


@pytest.fixture(scope="module")
def examples(bodies):
    return [draw_example(*bodies, SIZE, seed=3, index=index) for index in range(90)]


def test_an_example_depends_on_seed_and_number_alone(bodies, examples):
    again = draw_example(*bodies, SIZE, seed=3, index=17)
    assert np.array_equal(again.image, examples[17].image) and np.array_equal(again.labels, examples[17].labels)
    assert not np.array_equal(again.image, draw_example(*bodies, SIZE, seed=4, index=17).image)


def test_images_are_those_of_an_8_bit_file(examples):
    for example in examples:
        assert example.image.shape == (SIZE, SIZE) and example.image.dtype == np.float32
        steps = example.image * 255
        assert np.abs(steps - np.round(steps)).max() < 1e-3
        assert example.image.min() >= 0 and example.image.max() <= 1


def test_labels_count_from_one_and_are_large_enough_to_be_marked(examples):
    for example in examples:
        numbers, areas = np.unique(example.labels[example.labels > 0], return_counts=True)
        assert example.labels.dtype == np.int32
        boxed = len(numbers) and numbers[-1] != len(numbers)  # a box of text may hide a body whole
        assert boxed or list(numbers) == list(range(1, len(numbers) + 1))
        assert boxed or not len(areas) or np.median(areas) >= LEAST_VISIBLE_PX


def test_all_looks_and_coverages_come(examples):
    assert {example.look for example in examples} == {"empty", *(name for name, _, _ in LOOKS)}
    coverage = np.array([(example.labels > 0).mean() for example in examples])
    assert (coverage == 0).any() and coverage.max() > 0.75
    assert all(not example.labels.any() for example in examples if example.look == "empty")


def test_particles_differ_from_their_ground_mostly(examples):
    """Images that show nothing of what their labels say would teach to guess."""
    contrasts = []
    for example in examples:
        inside = example.labels > 0
        if 0.05 < inside.mean() < 0.9:
            spread = max(example.image.std(), 1e-6)
            contrasts.append(abs(example.image[inside].mean() - example.image[~inside].mean()) / spread)
    assert np.mean(np.array(contrasts) > 0.3) > 0.8


def test_whole_bodies_hold_what_is_seen_of_them(examples):
    hidden, within, visible = 0, 0, 0
    for example in examples:
        layers = example.whole
        assert np.array_equal(layers.areas, example.silhouettes[layers.numbers])
        seen = np.bincount(example.labels.ravel(), minlength=len(example.silhouettes))
        within += sum(int((example.labels[layer.box][layer.mask] == layer.number).sum()) for layer in layers)
        visible += int(seen[layers.numbers].sum())
        hidden += int((layers.areas > 1.2 * seen[layers.numbers]).sum())
    # Specks that were given to a neighbour lie beyond its silhouette.
    assert within >= 0.97 * visible
    assert hidden > 20
