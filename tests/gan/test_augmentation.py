from collections import Counter

import numpy as np

from diffrendergan.gan.augmentation import augment


def test_all_eight_orientations_equally_often():
    patch = np.arange(9, dtype=np.float32).reshape(1, 3, 3)
    rng = np.random.default_rng(0)
    seen = Counter(augment(patch, rng).tobytes() for _ in range(1600))
    turns = [np.rot90(patch[0], k) for k in range(4)]
    orientations = {np.ascontiguousarray(image).tobytes() for turn in turns for image in (turn, turn.T)}
    assert set(seen) == orientations
    assert len(orientations) == 8
    assert min(seen.values()) > 140  # of 200 expected: four standard deviations


def test_patches_of_a_batch_turn_independently_and_stay_whole():
    patches = np.random.default_rng(1).random((32, 4, 4), dtype=np.float32)
    original = patches.copy()
    augmented = augment(patches, np.random.default_rng(2))
    assert np.array_equal(patches, original)
    assert np.array_equal(np.sort(augmented.reshape(32, -1)), np.sort(patches.reshape(32, -1)))
    unchanged = (augmented == patches).all((1, 2)).sum()
    assert 0 < unchanged < 32
    assert augmented.flags.c_contiguous
