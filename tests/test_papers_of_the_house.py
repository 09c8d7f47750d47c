"""README, CITATION and CHANGELOG: their shape, and that they speak of one version."""

from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_lines_are_short(name):
    assert not [line for line in (ROOT / name).read_text().splitlines() if len(line) > 100]


def test_one_version():
    assert f"version: {version('kwantorque')}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## {version('kwantorque')}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_nothing_outside_the_repository_is_cited():
    """Seeds and notes are not in it."""
    ours = {"kwantorque", "systems", "tests", "tutorials", "docs", "benchmarks"}
    texts = [p for p in ROOT.rglob("*") if p.suffix in (".py", ".md") and p.relative_to(ROOT).parts[0] in ours]
    words = [f"seed {n:03d}" for n in range(5)] + ["physics" + ".md", "film" + ".md", "house" + ".md"]
    found = [(path.name, word) for path in texts for word in words if word in path.read_text()]
    assert not found
