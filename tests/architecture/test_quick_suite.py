"""The quick suite reaches every part that has a folder of tests of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quick import QUICK, TESTS, is_slow

FOLDERS = sorted(path.name for path in (TESTS / "integration").iterdir() if path.is_dir())


@pytest.mark.parametrize("place", QUICK)
def test_what_the_quick_suite_names_exists(place: str) -> None:
    assert (TESTS / place).exists()


@pytest.mark.parametrize("folder", [name for name in FOLDERS if not name.startswith("_")])
def test_every_folder_of_integration_tests_has_a_quick_one(folder: str) -> None:
    assert not all(is_slow(path) for path in (TESTS / "integration" / folder).glob("test_*.py"))


@pytest.mark.parametrize("place", ["acceptance", "benchmarks", "browser"])
def test_whole_trials_and_browsers_are_slow(place: str) -> None:
    found = list((TESTS / place).glob("test_*.py"))
    assert found
    assert all(map(is_slow, found))


def test_a_new_file_beside_the_named_ones_is_slow() -> None:
    assert is_slow(TESTS / "integration" / "desk" / Path("test_something_new.py"))
