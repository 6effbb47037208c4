"""The law of parameters."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.fitting.law import Law, load_law, require_same, save_law
from diffrendergan.rendering.protocol import ParameterSpec

SPECS = (ParameterSpec("particle.base", 0.1, 0.5), ParameterSpec("imaging.noise_sigma", 0.0, 0.2))


@pytest.fixture
def law():
    """Two parameters that go together."""
    return Law(SPECS, np.array([0.0, -1.0]), np.array([[0.5, 0.0], [0.4, 0.3]]))


def test_values_stay_in_their_ranges_and_in_the_middle_without_spread(law):
    normal = np.random.default_rng(0).standard_normal((1000, 2))
    theta = law.theta(normal, spread=3.0)
    assert theta.dtype == np.float32
    assert ((theta >= [0.1, 0.0]) & (theta <= [0.5, 0.2])).all()
    assert np.allclose(law.theta(normal, spread=0.0), [0.3, 0.2 / (1 + np.e)], atol=1e-6)


def test_what_goes_together_does(law):
    theta = law.theta(np.random.default_rng(0).standard_normal((4000, 2)))
    assert np.corrcoef(theta.T)[0, 1] == pytest.approx(0.8, abs=0.05)


def test_usual_values_are_quantiles(law):
    theta = law.theta(np.random.default_rng(0).standard_normal((20000, 2)))
    for column, values in enumerate(law.usual().values()):
        assert np.quantile(theta[:, column], [0.05, 0.5, 0.95]) == pytest.approx(values, rel=0.05)


def test_it_comes_back_from_its_file(law, tmp_path):
    save_law(tmp_path / "fit.json", law, distances={})
    back = load_law(tmp_path / "fit.json")
    assert back.specs == law.specs
    assert (back.middle == law.middle).all() and (back.root == law.root).all()


@pytest.mark.parametrize("text", ["", "{}", '{"parameters": [], "middle": [1], "root": [[1]]}'])
def test_a_broken_file_is_told(tmp_path, text):
    (tmp_path / "fit.json").write_text(text)
    with pytest.raises(RunFolderError, match=r"fit\.json"):
        load_law(tmp_path / "fit.json")


def test_other_parameters_are_refused(law):
    require_same(law, SPECS)
    with pytest.raises(ConfigError, match=r"other parameters \(imaging\.noise_sigma\); run `fit` again"):
        require_same(law, (SPECS[0], ParameterSpec("imaging.noise_sigma", 0.0, 0.3)))
