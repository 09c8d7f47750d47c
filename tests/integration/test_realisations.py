"""Orthogonal arrays, random directions, and ratios of means."""

import numpy as np
import pytest

from kwantorque.errors import InputError
from kwantorque.integration.realisations import Directions, hadamard_above, ratio_of_means


@pytest.mark.parametrize("number", range(0, 130, 3))
def test_hadamard_matrices(number):
    matrix = hadamard_above(number)
    order = len(matrix)
    assert order > number
    assert np.array_equal(matrix @ matrix.T, order * np.eye(order))
    assert (matrix[:, 0] == 1).all()


def test_every_order_that_may_exist_up_to_88():
    """No matrix of more than two columns has another order than a multiple of 4."""
    assert [len(hadamard_above(4 * i - 1)) for i in range(1, 23)] == [4 * i for i in range(1, 23)]
    # The next one would be of order 92.
    assert len(hadamard_above(88)) == 96
    assert len(hadamard_above(96)) == 100


@pytest.mark.parametrize(("number", "kinds"), [(1, 1), (7, 1), (10, 1), (15, 1), (15, 2), (0, 1)])
def test_an_array_has_exact_moments_up_to_the_third(number, kinds):
    """<S_i^a S_j^b> = delta_ij delta_ab/3; odd orders vanish."""
    directions = Directions(number, kinds=kinds)
    vectors = np.concatenate([directions.of(i) for i in range(len(directions))])
    assert vectors.shape == (len(directions), kinds, number, 3)
    flat = vectors.reshape(len(vectors), -1)
    n = len(directions)
    assert np.array_equal(flat.sum(0), np.zeros(flat.shape[1]))
    assert np.allclose(flat.T @ flat / n, np.eye(flat.shape[1]) / 3, atol=1e-15)
    assert np.allclose(np.einsum("ni,nj,nk->ijk", flat, flat, flat), 0, atol=1e-12)
    assert np.allclose(np.linalg.norm(vectors, axis=-1), 1)


def test_sizes_of_arrays():
    assert [len(Directions(n)) for n in (0, 1, 3, 10, 15, 16)] == [6, 12, 24, 72, 96, 120]


@pytest.mark.parametrize("average", ["antithetic", "random"])
def test_random_directions_are_isotropic_and_their_own(average):
    directions = Directions(50, average, 200, seed=1)
    vectors = np.array([directions.of(i) for i in range(200)])
    assert np.allclose(np.linalg.norm(vectors, axis=-1), 1)
    one = vectors[:, 0].reshape(-1, 3)
    assert one.T @ one / len(one) == pytest.approx(np.eye(3) / 3, abs=0.02)
    assert one.mean(0) == pytest.approx(np.zeros(3), abs=0.03)
    if average == "antithetic":
        assert np.array_equal(vectors[:, 0], -vectors[:, 1])
    assert np.array_equal(Directions(50, average, 7, seed=1).of(5), vectors[5])
    assert not np.array_equal(Directions(50, average, 200, seed=2).of(5), vectors[5])


def test_given_directions():
    vectors = np.eye(3)[None, [0, 2]].repeat(4, axis=0)
    one = Directions(2, given=vectors)
    assert len(one) == 4
    assert one.solves == 1
    assert np.array_equal(one.of(3)[0, 0], vectors[3])
    assert Directions(2, "antithetic", given=vectors, kinds=2).of(0).shape == (1, 2, 2, 3)
    for wrong, message in (
        (vectors[0], r"must be \(realisations, 2, 3\)"),
        (2 * vectors, "unit vectors"),
        ("up", "got 'up'"),
    ):
        with pytest.raises(InputError, match=message):
            Directions(2, given=wrong)


def test_error_of_a_ratio_is_that_of_the_linearised_ratio():
    """Against the scatter of many ratios of correlated numbers."""
    rng = np.random.default_rng(0)
    y = 2 + 0.1 * rng.normal(size=(2000, 50))
    x = 3 * y + rng.normal(size=y.shape)
    ratios, errors = np.array([ratio_of_means(*pair) for pair in zip(x, y, strict=True)]).T
    assert ratios.mean() == pytest.approx(3, abs=0.01)
    assert errors.mean() == pytest.approx(ratios.std(), rel=0.05)
    assert np.isnan(ratio_of_means([1.0], [2.0])[1])
    assert np.isnan(ratio_of_means([1.0, 2.0], [1.0, -1.0])).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"number": -1}, "`number` must be a whole number >= 0"),
        ({"number": 2.5}, "`number` must be a whole number"),
        ({"number": 2, "average": "mean"}, "unknown average 'mean'"),
        ({"number": 2, "seed": -3}, "`seed` must be a whole number >= 0"),
        ({"number": 2, "realisations": 0}, "`realisations` must be a whole number >= 1"),
    ],
)
def test_bad_input(given, message):
    with pytest.raises(InputError, match=message):
        Directions(**given)


def test_numbers_of_a_ratio_must_fit():
    with pytest.raises(InputError, match="as many x as y"):
        ratio_of_means([1.0, 2.0], [1.0])
