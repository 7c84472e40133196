"""Every requirement on the record names tests that exist, or who must fulfil it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.evidence.read import ROOT, Requirement, read_requirements
from tests.evidence.results import read_results
from tests.evidence.write import rows_of, write_evidence

JUNIT = """<testsuites><testsuite>
<testcase classname="tests.unit.test_a" name="test_one[x]"/>
<testcase classname="tests.unit.test_a" name="test_one[y]"/>
<testcase classname="tests.unit.test_a" name="test_two"><failure message="no"/></testcase>
<testcase classname="tests.unit.test_b" name="test_one"><skipped message="no browser"/></testcase>
</testsuite></testsuites>"""


def test_every_test_a_requirement_names_exists() -> None:
    for requirement in read_requirements():
        for name in requirement.shown_by:
            path, _, test = name.partition("::")
            assert (ROOT / path).is_file(), f"{requirement.id}: {path}"
            if test:
                tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
                defined = {
                    node.name
                    for node in tree.body
                    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                }
                assert test in defined, f"{requirement.id}: {name}"


def test_each_requirement_stands_once() -> None:
    names = [(each.source, each.id) for each in read_requirements()]
    assert len(names) == len(set(names))


def test_what_is_neither_shown_nor_said_is_refused() -> None:
    with pytest.raises(ValueError, match="name the tests"):
        Requirement(source="s", known="read", id="1", asks="what")
    with pytest.raises(ValueError, match="say in `who`"):
        Requirement(source="s", known="read", id="1", asks="what", met_by="person")


def test_only_what_ran_and_passed_shows_anything(tmp_path: Path) -> None:
    (tmp_path / "all.xml").write_text(JUNIT, encoding="utf-8")
    results = read_results([tmp_path / "all.xml"])
    assert results.of("tests/unit/test_a.py::test_one").holds
    assert not results.of("tests/unit/test_a.py").holds
    assert not results.of("tests/unit/test_b.py").holds
    assert not results.of("tests/unit/test_c.py").holds


def test_the_page_and_the_table_name_what_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "all.xml").write_text(JUNIT, encoding="utf-8")
    asked = (
        Requirement(
            source="s", known="read", id="1", asks="a", shown_by=("tests/unit/test_a.py::test_one",)
        ),
        Requirement(source="s", known="read", id="2", asks="b", shown_by=("tests/unit/test_a.py",)),
        Requirement(source="s", known="read", id="3", asks="c", met_by="person", who="The sponsor"),
        Requirement(source="s", known="read", id="4", asks="d", met_by="open", who="Not built"),
    )
    rows = tuple(rows_of(asked, read_results([tmp_path / "all.xml"])))
    write_evidence(rows, "abc", tmp_path / "out")
    assert [row.holds for row in rows] == [True, False, True, False]
    page = (tmp_path / "out" / "evidence.md").read_text(encoding="utf-8")
    assert "2 of 3 passed" in page
    assert "a person: The sponsor" in page
    assert "Not built | NOT MET" in page
    assert ",NO," in (tmp_path / "out" / "evidence.csv").read_text(encoding="utf-8")
