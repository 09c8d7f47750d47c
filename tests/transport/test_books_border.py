"""What is no system, no term or no state for `Books` is refused in one clear line."""

import math

import numpy as np
import pytest
from networks import ONE, STRIP, STRIP_TERMS, X, Z, kwant, three_kinds, three_terminals

import kwantorque as kt
from kwantorque.algebra import SPIN_HALF

SQUARE = kwant.lattice.square(norbs=2)


def row(onsite=ONE, hopping=-ONE, lattice=SQUARE, lead=None):
    """A builder of four sites in a row."""
    builder = kwant.Builder()
    builder[(lattice(x, 0) for x in range(4))] = onsite
    builder[lattice.neighbors()] = hopping
    if lead is not None:
        builder.attach_lead(lead)
    return builder


def lead(**symmetry):
    builder = kwant.Builder(kwant.TranslationalSymmetry((-1, 0)), **symmetry)
    builder[SQUARE(0, 0)], builder[SQUARE.neighbors()] = Z, X
    return builder


def nambu(potential):
    """Electrons and holes, kept apart by a conservation law and nothing else."""
    builder = kwant.Builder(kwant.TranslationalSymmetry((-1, 0)), conservation_law=-Z)
    builder[SQUARE(0, 0)], builder[SQUARE.neighbors()] = potential * Z, -Z
    return builder


def squared(site, J):
    return J**2 * Z


def crossed(site, J, B):
    return J * B * Z + J * X


def turned(site, angle):
    return np.cos(angle) * Z + np.sin(angle) * X


def cancelling(site, a, b):
    return (a**2 - b**2) * Z


def inverse(site, m):
    return Z / np.float64(m)


def logarithmic(site, m):
    return math.log(m) * Z


def leaning(site, angle):
    return np.cos(angle) * Z


def spoilt(site, J):
    return J * Z * (np.nan if site.tag[0] == 2 else 1)


def lifted(site):
    return np.array([[0, 0.5], [0, 0]])


def driven(site, time):
    return time * Z


def described(site, texture):
    return texture(site)


def not_hermitian(site, J):
    return 1j * J * ONE


@pytest.mark.parametrize(
    ("system", "params", "options", "message"),
    [
        (row(), {}, {}, r"must be finalised first: give `builder.finalized\(\)`"),
        (lead().finalized(), {}, {}, "must be finite, got an infinite one"),
        (3, {}, {}, "must be a finalised kwant.Builder, got 3"),
        (row(squared), {}, {}, "all parameters of the system, 'J' missing"),
        (row(driven), {}, {}, "depends on `time`"),
        (row(squared), [0.1], {}, "`params` must be a Mapping"),
        (row(squared), {"J": 1.0}, {"terms": {"exchange": "j"}}, "unknown parameter of the system 'j'"),
        (row(squared), {"J": 1.0}, {"terms": {"exchange": "K"}}, "unknown parameter of the system 'K'"),
        (row(squared), {"J": 1.0}, {"terms": {"exchange": "J"}}, "affine .* in 'J' of term 'exchange' it is not"),
        (row(turned), {"angle": 0.3}, {"terms": {"exchange": "angle"}}, "not an angle or a phase"),
        (row(crossed), {"J": 1.0, "B": 2.0}, {"terms": {"a": "J", "b": "B"}}, "depends on another"),
        (row(crossed), {"J": 1.0, "B": 2.0}, {"terms": {"a": "J", "b": "J"}}, "'J' switches two terms, 'a' and 'b'"),
        (row(squared), {"J": 1.0}, {"terms": {"exchange": 3}}, "name of a parameter, several, or a system, got 3"),
        (row(squared), {"J": 1.0}, {"terms": {"exchange": ()}}, "must name the parameters"),
        (row(squared), {"J": 1.0}, {"terms": {"rest": "J"}}, "no term can be called 'rest'"),
        (row(described), {"texture": lambda site: Z}, {"terms": {"a": "texture"}}, "a number or an array"),
        (row(squared), {"J": 1.0}, {"partner": {"kinetic": "lattice"}}, "unknown term 'kinetic'; choose from rest"),
        (row(squared), {"J": 1.0}, {"partner": {"rest": "lattise"}}, "did you mean 'lattice'"),
        (row(squared), {"J": 1.0}, {"partner": {"rest": "carriers"}}, "does not conserve L \\+ s"),
        (row(not_hermitian), {"J": 1.0}, {}, r"Hermitian, but on site <Site"),
        (row(), {}, {"spin": 2 * SPIN_HALF}, "of Pauli matrices that is sigma/2"),
        (row(), {}, {"spin": SPIN_HALF[0]}, r"must be \(3, 2, 2\)"),
        (row(), {}, {"spin": {"other": SPIN_HALF}}, "an entry for each family"),
        (row(1, -1, kwant.lattice.square(norbs=1)), {}, {}, "`spin` must be given"),
        (row(lead=lead(particle_hole=1j * X @ Z)), {}, {}, "lead 0 has a particle-hole symmetry: .* Nambu spinors"),
        (row(lead=nambu(0.0)), {}, {}, "lead 0 has a conservation law between electrons and holes: .* Nambu spinors"),
        (row(lead=nambu(0.3)), {}, {}, "lead 0 has a conservation law between electrons and holes: .* Nambu spinors"),
        (row(lifted), {}, {}, "Hermitian, but on site <Site .* term 'rest' is not"),
        (row(inverse), {"m": 2.0}, {"terms": {"a": "m"}}, "must be finite, but at <Site .* with m = 0.*another value"),
        (row(inverse), {"m": 2.0}, {"terms": {"a": {"m": np.inf}}}, "must be off at a finite value, got inf"),
        (row(inverse), {"m": 2.0}, {"terms": {"a": {"m": 1.0}}}, "affine .* in 'm' of term 'a'"),
        (
            row(logarithmic),
            {"m": 2.0},
            {"terms": {"a": "m"}},
            "be defined, but math domain error .* with m = 0.*another",
        ),
        (row(leaning), {"angle": np.pi / 2}, {"terms": {"a": "angle"}}, "not an angle"),
        (row(spoilt), {"J": 1.0}, {"terms": {"a": "J"}}, r"must be finite, but at <Site .2 0. of .* it is not$"),
        (row(), {}, {"terms": {"a": row(np.diag([np.inf, 1.0]))}}, "term 'a' must be finite"),
        (row(cancelling), {"a": 1.0, "b": 1.0}, {"terms": {"a": "a", "b": "b"}}, "affine .* in 'a' of term 'a'"),
        (
            row(crossed),
            {"J": 0.0, "B": 2.0},
            {"terms": {"a": "J", "b": "B"}},
            "one parameter alone and leave the other",
        ),
        (row(crossed), {"J": 0.0, "B": 0.0}, {"terms": {"a": ("J", "B")}}, "name one strength that multiplies"),
        (row(), {}, {"terms": {"a": kwant.Builder()}}, "term 'a' has no sites"),
    ],
)
def test_what_is_refused(system, params, options, message):
    system = system.finalized() if hasattr(system, "finalized") and "finalised first" not in message else system
    with pytest.raises(kt.InputError, match=message) as caught:
        kt.Books(system, params, **options)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def books():
    return kt.Books(three_terminals(6, 3), STRIP, terms=STRIP_TERMS)


@pytest.mark.parametrize(
    ("psi", "weights", "message"),
    [
        (np.ones(35), None, r"`psi` must be \(36,\) or \(modes, 36\), .* got \(35,\)"),
        (np.ones((2, 18, 2)), None, r"got \(2, 18, 2\)"),
        (np.full(36, np.nan), None, "`psi` must be finite"),
        ("psi", None, "`psi` must be an array of numbers"),
        (np.ones((3, 36)), [1.0, 2.0], "one number or 3, one for each mode"),
        (np.ones((3, 36)), [1.0, 2.0, np.inf], "`weights` must be finite"),
        (np.ones((3, 36)), 1j, "`weights` must be real"),
    ],
)
def test_states_that_are_none(books, psi, weights, message):
    with pytest.raises(kt.InputError, match=message):
        books(psi, weights)


def test_binding_unknown_parameters_is_refused(books):
    with pytest.raises(kt.InputError, match="unknown parameter 'j'"):
        books.bind({"j": 0.1})


def test_a_parameter_that_is_off_is_verified_too():
    """Off, it cannot be seen that H is a square of it: H is looked at elsewhere."""
    with pytest.raises(kt.InputError, match="affine"):
        kt.Books(row(squared).finalized(), {"J": 0.0}, terms={"exchange": "J"})


def product(site, J, g, K, L):
    return J * X + L * g * J * Z + K * X


def test_what_multiplies_terms_is_verified_when_it_is_bound_not_only_when_books_are_made():
    """Off, it hides that terms are no sum: J g with L = 0, whatever J and g were."""
    off = {"J": 0.0, "g": 0.0, "K": 0.0, "L": 0.0}
    books = kt.Books(row(product).finalized(), off, terms={"exchange": "J", "anisotropy": "g"})
    books.bind({"J": 0.5, "g": 0.8})
    with pytest.raises(kt.InputError, match="depends on another"):
        books.bind({"J": 0.0, "L": 1.0})
    with pytest.raises(kt.InputError, match="depends on another"):
        kt.Books(row(product).finalized(), {**off, "L": 1.0}, terms={"exchange": "J", "anisotropy": "g"})


def test_rest_that_comes_with_a_value_is_named_once():
    off = {"J": 0.0, "g": 0.0, "K": 0.0, "L": 0.0}
    books = kt.Books(row(product).finalized(), off, terms={"exchange": "J"})
    with pytest.warns(UserWarning, match="the term 'rest', acts on the spin at 4 sites") as caught:
        bound = books.bind({"K": 0.4})
    assert caught[0].filename == __file__
    bound.bind({"L": 0.1, "K": 0.3})


def test_terms_are_those_of_numbers_of_any_kind():
    """Twice 200 is 144 in eight bits, and no reason to call H curved."""
    small = kt.Books(row(stretched).finalized(), {"J": np.uint8(200)}, terms={"exchange": "J"})
    usual = kt.Books(row(stretched).finalized(), {"J": 200}, terms={"exchange": "J"})
    assert np.array_equal(small.graph.onsite["exchange"], usual.graph.onsite["exchange"])
    assert np.abs(small.graph.onsite["exchange"]).max() == 2


def stretched(site, J):
    return 0.01 * J * Z


def test_each_term_must_be_hermitian_not_only_their_sum():
    system, alone = row(ONE).finalized(), row(np.array([[0, 0.5], [0, 0]]))
    with pytest.raises(kt.InputError, match=r"on site <Site .* term 'a' is not"):
        kt.Books(system, terms={"a": alone})


def test_a_system_of_lead_interfaces_alone_is_refused():
    builder = kwant.Builder()
    builder[SQUARE(0, 0)] = ONE
    builder.attach_lead(lead())
    with pytest.raises(kt.InputError, match="a lead is attached to each of them; attach leads with add_cells=1"):
        kt.Books(builder.finalized())


def test_misspelt_arguments_are_refused(books):
    with pytest.raises(kt.InputError, match="did you mean 'partner'"):
        kt.Books(books.network.system, STRIP, partners={})


def test_rest_that_acts_on_the_spin_is_named_unless_its_partner_is(books):
    system = books.network.system
    with pytest.warns(UserWarning, match="the term 'rest', acts on the spin at 18 sites and 27 bonds") as caught:
        kt.Books(system, STRIP)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="the term 'rest'") as caught:
        kt.network_response(system, 2.3, STRIP)
    assert caught[0].filename == __file__
    kt.Books(system, STRIP, partner={"rest": "lattice"})
    with pytest.warns(UserWarning, match="at 0 sites and 27 bonds"):
        kt.Books(system, STRIP, terms={"exchange": "J"})


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (row(lattice=kwant.lattice.square(norbs=2, name="other")), "which the system has not"),
        (row(squared), "must have all parameters of term 'a'"),
    ],
)
def test_terms_that_are_other_systems(term, message):
    with pytest.raises(kt.InputError, match=message):
        kt.Books(row().finalized(), {}, terms={"a": term})


def test_terms_with_bonds_of_their_own():
    apart = row()
    del apart[SQUARE(1, 0), SQUARE(2, 0)]
    with pytest.raises(kt.InputError, match="hoppings where the system has none"):
        kt.Books(apart.finalized(), {}, terms={"a": row()})


def test_spin_must_be_said_for_every_family():
    system, spin, orbital = three_kinds()
    spin.pop("p")
    with pytest.raises(kt.InputError, match="an entry for each family of sites, there is none for 'p'"):
        kt.Books(system, {"J": 1.0, "soc": 0.1}, spin=spin, orbital=orbital)


def test_a_conservation_law_of_spin_is_none_of_nambu():
    """Also where the spins' bands are mirror images: a bipartite lattice."""
    law = kwant.Builder(kwant.TranslationalSymmetry((-1, 0)), conservation_law=Z)
    law[SQUARE(0, 0)], law[SQUARE.neighbors()] = 0.4 * Z, -ONE
    assert kt.Books(row(lead=law).finalized(), partner={"rest": "lattice"}).network.n_sites > 0


def test_two_bands_of_electrons_are_computed_without_the_law():
    """Conduction and valence band, mirror images as electrons and holes have."""

    def bands(**law):
        builder = kwant.Builder(kwant.TranslationalSymmetry((-1, 0)), **law)
        builder[SQUARE(0, 0)], builder[SQUARE.neighbors()] = 0.5 * Z, -0.2 * Z
        system = row(0.5 * Z, -0.2 * Z, lead=builder)
        system.attach_lead(builder.reversed())
        return system.finalized()

    spinless = {"spin": np.zeros((3, 2, 2))}
    with pytest.raises(kt.InputError, match="both are bands of electrons, build it without `conservation_law`"):
        kt.Books(bands(conservation_law=Z), **spinless)
    system = bands()
    psi = kwant.wave_function(system, 0.5)(0)
    data = kt.Books(system, **spinless)(psi)
    np.testing.assert_allclose(np.abs(data.particle_current), 1.0, rtol=1e-9)


def test_four_values_of_a_law_are_none_of_nambu_if_hoppings_keep_their_sign():
    """Spins of two orbitals."""
    square = kwant.lattice.square(norbs=4)
    law = kwant.Builder(kwant.TranslationalSymmetry((-1, 0)), conservation_law=np.diag([-2.0, -1.0, 1.0, 2.0]))
    law[square(0, 0)], law[square.neighbors()] = np.kron(0.4 * Z, Z), -np.eye(4)
    system = kwant.Builder()
    system[(square(i, 0) for i in range(4))], system[square.neighbors()] = np.eye(4), -np.eye(4)
    system.attach_lead(law)
    books = kt.Books(system.finalized(), spin=np.kron(np.eye(2), SPIN_HALF), partner={"rest": "lattice"})
    assert books.network.n_sites > 0


@pytest.mark.parametrize("law", [(-1, -1, 1, 1), (-2, -1, 1, 2), (-2, -1, 2, 1)])
def test_electrons_and_holes_are_known_in_any_basis_of_spin(law):
    """Four orbitals, (c, s_y c+): H_h = -s_y H_e* s_y, with spin-orbit coupling.

    The law may tell spins apart, too.
    """
    square = kwant.lattice.square(norbs=4)
    electrons, holes = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    y = 2 * SPIN_HALF[1]

    def both(block):
        return np.kron(electrons, block) - np.kron(holes, y @ np.conj(block) @ y)

    builder = kwant.Builder(kwant.TranslationalSymmetry((-1, 0)), conservation_law=np.diag(law).astype(float))
    builder[square(0, 0)], builder[square.neighbors()] = both(0.3 * Z + 0.2 * ONE), both(-ONE + 0.2j * Z)
    system = kwant.Builder()
    system[(square(i, 0) for i in range(4))] = both(0.3 * X)
    system[square.neighbors()] = both(-ONE)
    system.attach_lead(builder)
    with pytest.raises(kt.InputError, match="Nambu spinors"):
        kt.Books(system.finalized(), spin=np.kron(np.eye(2), SPIN_HALF))
