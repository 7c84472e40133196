"""The quick suite reaches every part that has a folder of tests of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quick import QUICK, TESTS, is_slow
from tests.workers import TOGETHER, WAITING, group_of, place_in_line

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


def test_what_is_run_by_one_worker_exists_and_other_files_stand_alone() -> None:
    assert [each for each in TOGETHER + WAITING if not (TESTS.parent / each).is_dir()] == []
    exports = "tests/integration/exports/"
    assert group_of(f"{exports}test_one.py") == group_of(f"{exports}test_two.py") == exports
    alone = "tests/integration/desk/test_one.py"
    assert group_of(alone) == alone


def test_two_workers_begin_with_what_waits_and_the_others_end_with_it() -> None:
    found = ["tests/browser/a.py", "tests/unit/a.py", "tests/acceptance/a.py"]
    begins, ends = (
        sorted(found, key=lambda each: place_in_line(each, waiter=waiter))
        for waiter in (True, False)
    )
    assert begins == ["tests/acceptance/a.py", "tests/browser/a.py", "tests/unit/a.py"]
    assert ends == ["tests/unit/a.py", "tests/browser/a.py", "tests/acceptance/a.py"]
