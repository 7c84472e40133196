"""Tencent's own description of its API as JSON Schema: every request and answer is checked by it.

The description is Tencent's (`tests/data/tencent_sms_api.json`, from tencentcloud-cli, Apache-2.0).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema

PLACE: Final = Path(__file__).parents[2] / "data" / "tencent_sms_api.json"
_TYPES: Final = {
    "string": "string",
    "float": "number",
    "bool": "boolean",
    **dict.fromkeys(("int", "int64", "uint64"), "integer"),
}


def check_request(action: str, document: dict[str, Any]) -> None:
    """Raise jsonschema.ValidationError unless a call's body is as described."""
    _validator(_description()["actions"][action]["input"], "required").validate(document)


def check_answer(action: str, document: dict[str, Any]) -> None:
    """Raise jsonschema.ValidationError unless an answer's content is as described."""
    _validator(_description()["actions"][action]["output"], "output_required").validate(document)


@cache
def _description() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PLACE.read_text("utf-8"))
    return found


@cache
def _validator(name: str, required: str) -> Any:
    return jsonschema.Draft202012Validator(_schema(name, required))


def _schema(name: str, required: str) -> dict[str, Any]:
    members = _description()["objects"][name]["members"]
    return {
        "type": "object",
        "properties": {one["name"]: _type_of(one, required) for one in members},
        "required": [one["name"] for one in members if one.get(required)],
        "additionalProperties": False,
    }


def _type_of(member: dict[str, Any], required: str) -> dict[str, Any]:
    if member["type"] == "list":
        return {"type": "array", "items": _type_of({"type": member["member"]}, required)}
    if member["type"] in _TYPES:
        return {"type": _TYPES[member["type"]]}
    return _schema(member["member"] if member["type"] == "object" else member["type"], required)
