"""Knots, and the spline between them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.config.base import Learned
from diffrendergan.rendering.splines import gloss_table, roughness_table

ROUGHNESS = Learned(learn=(0.01, 5.0))
GLOSS = Learned(learn=(0.0, 1.0))


def test_knots_span_the_range_but_not_below_the_smallest_lobe():
    widths = roughness_table(ROUGHNESS, 12).widths
    assert len(widths) == 12
    assert widths[0] == pytest.approx(1e-3)
    assert widths[-1] == pytest.approx(25.0)
    assert roughness_table(0.5, 12).widths == (0.25,)
    assert roughness_table(0.001, 12).widths == (1e-3,)
    assert roughness_table(Learned(learn=(0.001, 0.02)), 12).widths == (1e-3,)


def test_knots_of_the_gloss_go_from_the_widest_coat_to_the_narrowest():
    widths = gloss_table(GLOSS, 8).widths
    assert len(widths) == 8
    assert widths[0] == pytest.approx(0.1)
    assert widths[-1] == pytest.approx(0.001)
    assert gloss_table(0.5, 8).widths == pytest.approx((0.0505,))


@given(st.floats(0.04, 4.9))
@settings(deadline=None, max_examples=30)
def test_spline_reproduces_a_cubic_in_log_roughness(roughness):
    table = roughness_table(ROUGHNESS, 12)
    cubic = np.polynomial.Polynomial([0.3, -1.0, 0.5, 0.2])
    weights = table.weights(torch.tensor([roughness]))[0].numpy()
    at_knots = cubic(np.log(np.sqrt(table.widths)))
    assert weights @ at_knots == pytest.approx(cubic(np.log(roughness)), abs=1e-4)


@given(st.floats(0.0, 1.0))
@settings(deadline=None, max_examples=30)
def test_spline_reproduces_a_cubic_in_the_logarithm_of_the_coat_s_width(gloss):
    table = gloss_table(GLOSS, 8)
    cubic = np.polynomial.Polynomial([0.3, -1.0, 0.5, 0.2])
    weights = table.weights(torch.tensor([gloss]))[0].numpy()
    assert weights @ cubic(np.log(table.widths)) == pytest.approx(cubic(np.log(0.1 - 0.099 * gloss)), abs=1e-4)


def test_spline_is_exact_at_knots_and_constant_outside():
    table = roughness_table(Learned(learn=(0.1, 2.0)), 7)
    at_knots = table.weights(torch.tensor(np.sqrt(table.widths)))
    np.testing.assert_allclose(at_knots, np.eye(7), atol=1e-5)
    np.testing.assert_allclose(table.weights(torch.tensor([0.01])), np.eye(7)[:1], atol=1e-6)
    np.testing.assert_allclose(table.weights(torch.tensor([9.0])), np.eye(7)[-1:], atol=1e-6)


def test_a_fixed_value_has_one_knot_of_weight_one_at_any_value():
    np.testing.assert_array_equal(roughness_table(0.3, 7).weights(torch.tensor([0.1, 0.3])), [[1.0], [1.0]])
