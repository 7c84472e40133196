"""A row becomes a record by the names of its columns, never by their places."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from pro_service.store.rows import MisnamedRowError, parts_of, row_of

STORE = Path(__file__).parents[2] / "pro_service" / "store"


class Site(NamedTuple):
    """A record as the store has them."""

    code: str
    zone: str
    name: str = ""


@dataclass(frozen=True)
class Place:
    """The same as a dataclass."""

    code: str
    zone: str


def test_columns_go_to_the_fields_of_their_names_wherever_they_stand() -> None:
    assert row_of(Site, {"zone": "UTC", "name": "One", "code": "S1"}) == Site("S1", "UTC", "One")
    assert row_of(Place, {"zone": "UTC", "code": "S1"}) == Place("S1", "UTC")


def test_a_value_converted_by_hand_takes_the_place_of_the_columns() -> None:
    row = {"code": "s1", "zone": "UTC", "name": "One"}
    assert row_of(Site, row, code=str(row["code"]).upper()) == Site("S1", "UTC", "One")


def test_a_row_of_several_things_is_told_apart_and_what_is_not_there_is_none() -> None:
    row = {"site.code": "S1", "site.zone": "UTC", "line.id": None, "line.focus": None}
    assert parts_of(row) == {"site": {"code": "S1", "zone": "UTC"}, "line": None}
    there = {"line.id": 1, "line.focus": None}
    assert parts_of(there) == {"line": {"id": 1, "focus": None}}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"code": "S1", "timezone": "UTC", "name": ""}, r"missing \['zone'\].*\['timezone'\]"),
        ({"code": "S1", "zone": "UTC"}, r"missing \['name'\], surplus \[\]"),
        ({"code": "S1", "zone": "UTC", "name": "", "id": 1}, r"missing \[\], surplus \['id'\]"),
    ],
)
def test_a_misnamed_a_missing_or_a_surplus_column_is_refused(
    row: dict[str, object], said: str
) -> None:
    with pytest.raises(MisnamedRowError, match=f"Site: {said}"):
        row_of(Site, row)


def test_nothing_in_the_store_spreads_a_row_by_position() -> None:
    spread = [
        f"{path.relative_to(STORE)}:{node.lineno}"
        for path in sorted(STORE.glob("*/*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "values"
    ]
    assert spread == []
