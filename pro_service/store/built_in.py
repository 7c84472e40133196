"""Array types that every PostgreSQL has, under numbers of their own that never change.

asyncpg knows the types these are arrays of, and asks each new connection about the arrays: two
statements, one of which walks all types of the database. What it would be told stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

ELEMENTS: Final[Mapping[int, tuple[str, int]]] = {
    199: ("_json", 114),
    1000: ("_bool", 16),
    1001: ("_bytea", 17),
    1005: ("_int2", 21),
    1007: ("_int4", 23),
    1009: ("_text", 25),
    1015: ("_varchar", 1043),
    1016: ("_int8", 20),
    1021: ("_float4", 700),
    1022: ("_float8", 701),
    1115: ("_timestamp", 1114),
    1182: ("_date", 1082),
    1183: ("_time", 1083),
    1185: ("_timestamptz", 1184),
    1187: ("_interval", 1186),
    1231: ("_numeric", 1700),
    2951: ("_uuid", 2950),
    3807: ("_jsonb", 3802),
}
"""Name and the number of the element, by the array's number (`pg_type.dat` of PostgreSQL)."""


class Told(NamedTuple):
    """In place of the statement that would have been asked: it had a name, so it overwrote none."""

    name: str = "built in"


def known_arrays(type_ids: Iterable[int]) -> list[dict[str, Any]] | None:
    """What a database would say of these types; None where one of them is no array known here."""
    asked = list(type_ids)
    if any(one not in ELEMENTS for one in asked):
        return None
    return [_told_of(one, *ELEMENTS[one]) for one in asked]


def _told_of(type_id: int, name: str, element: int) -> dict[str, Any]:
    return {
        "oid": type_id,
        "ns": "pg_catalog",
        "name": name,
        "kind": b"b",
        "basetype": None,
        "elemtype": element,
        "elemdelim": ",",
        "range_subtype": None,
        "attrtypoids": None,
        "attrnames": None,
        "basetype_name": None,
        "elemtype_name": name[1:],
        "range_subtype_name": None,
    }
