"""openapi.json (OpenAPI 3.1), made of the table that is served and the models it names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from pro_service.domain.programs.scopes import Scope
from pro_service.web.api.endpoints import ENDPOINTS
from pro_service.web.api.models.base import Model, Problem
from pro_service.web.api.problems import PROBLEM
from pro_service.web.api.reading_in import IDEMPOTENCY_KEY, JSON, KEY_PATTERN
from pro_service.web.api.table import ZIP, Endpoint

_NAMED: Final = re.compile(r"\{(\w+)\}")
_REFERENCE: Final = "#/components/schemas/{model}"
_ETAG: Final = {
    "description": "The tag of this representation.",
    "schema": {"type": "string"},
}
_RETRY: Final = {
    "description": "Seconds until a further try.",
    "schema": {"type": "integer", "minimum": 1},
}
_RETRIED: Final = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_INTRODUCTION: Final = (
    "Over the same use cases and permissions as the desk: a key is a member of staff of kind"
    " program, its scopes only narrow what its roles may do. Identities never leave."
)


@cache
def document_bytes() -> bytes:
    """The document as it is served."""
    return json.dumps(document(ENDPOINTS), ensure_ascii=False, indent=1).encode()


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The document of these endpoints."""
    schemas, named = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(one.address, {})[one.method.lower()] = _operation(one, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": "pro_service", "version": "1", "description": _INTRODUCTION},
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by `pro-service api-key new`. Scopes: " + ", ".join(Scope),
                }
            },
        },
    }


_Named = Mapping[tuple[type[Model], JsonSchemaMode], dict[str, Any]]


def _schemas(endpoints: Sequence[Endpoint]) -> tuple[dict[str, Any], _Named]:
    """Every schema by its name, and for each model of the table what refers to its own."""
    wanted: list[tuple[type[Model], JsonSchemaMode]] = [(Problem, "serialization")]
    for one in endpoints:
        if one.answer is not None:
            wanted.append((one.answer, "serialization"))
        if one.body is not None:
            wanted.append((one.body, "validation"))
    unique = list(dict.fromkeys(wanted))
    named, definitions = models_json_schema(unique, ref_template=_REFERENCE)
    # pydantic types the keys by any model; ours are these.
    return definitions.get("$defs", {}), {key: named[key] for key in unique}


def _operation(one: Endpoint, named: _Named) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Scope: `{one.scope}`. {_what(one)}",
        "parameters": _parameters(one),
        "responses": dict(_responses(one, named)),
    }
    if one.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": named[one.body, "validation"]}},
        }
    return operation


def _parameters(one: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in _NAMED.findall(one.path):
        named = {"type": "string", "minLength": 1}
        found.append({"name": name, "in": "path", "required": True, "schema": named})
    query = one.query.model_json_schema(ref_template=_REFERENCE)
    for name, schema in query.get("properties", {}).items():
        found.append({"name": name, "in": "query", "required": False, "schema": schema})
    if one.body is not None:
        key = {"type": "string", "pattern": KEY_PATTERN}
        found.append({"name": IDEMPOTENCY_KEY, "in": "header", "required": True, "schema": key})
    if one.preconditioned:
        tag = {"type": "string"}
        found.append({"name": "If-Match", "in": "header", "required": False, "schema": tag})
    if one.method == "GET" and one.answer is not None:
        tag = {"type": "string"}
        found.append({"name": "If-None-Match", "in": "header", "required": False, "schema": tag})
    return found


def _what(one: Endpoint) -> str:
    return "A ZIP file." if one.answer is None else (one.answer.__doc__ or "").strip()


def _content(one: Endpoint, named: _Named) -> dict[str, Any]:
    if one.answer is None:
        return {ZIP: {"schema": {"type": "string", "format": "binary"}}}
    return {JSON: {"schema": named[one.answer, "serialization"]}}


def _responses(one: Endpoint, named: _Named) -> Iterable[tuple[str, dict[str, Any]]]:
    good: dict[str, Any] = {"description": one.status.phrase, "content": _content(one, named)}
    if one.method == "GET" and one.answer is not None:
        good["headers"] = {"ETag": _ETAG}
        yield (
            str(HTTPStatus.NOT_MODIFIED.value),
            {"description": "It is as If-None-Match says.", "headers": {"ETag": _ETAG}},
        )
    yield str(one.status.value), good
    problem = {PROBLEM: {"schema": named[Problem, "serialization"]}}
    for status in one.problems:
        said: dict[str, Any] = {"description": status.phrase, "content": problem}
        if status in _RETRIED:
            said["headers"] = {"Retry-After": _RETRY}
        yield str(status.value), said
