"""What a request brings, read by the models of the table: every fault is named with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from aiohttp import hdrs, web
from pydantic import ValidationError

from pro_service.domain.errors import ProServiceError
from pro_service.domain.tables.characters import has_control
from pro_service.web.api.models.base import Fault, Model

JSON: Final = "application/json"
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
KEY_PATTERN: Final = r"^[A-Za-z0-9_-]{8,64}$"
BODY: Final[web.RequestKey[type[Model]]] = web.RequestKey("body")
"""What the body of a request is read as."""
T = TypeVar("T", bound=Model)


class FaultyRequestError(ProServiceError):
    """Some of what was sent cannot be used."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Keep each fault."""
        super().__init__(mend="See `errors`.")
        self.faults = tuple(faults)


class FaultyQueryError(FaultyRequestError):
    """The query or a header cannot be used."""


class FaultyBodyError(FaultyRequestError):
    """The body cannot be used."""


class NotJsonError(ProServiceError):
    """The body is not JSON."""

    def __init__(self) -> None:
        """Say what to send."""
        super().__init__(mend="Send one JSON object in UTF-8.")


class MediaTypeError(ProServiceError):
    """The body is of another kind than JSON."""

    def __init__(self) -> None:
        """Say what to send."""
        super().__init__(mend=f"Send Content-Type: {JSON}.")


def read_query(request: web.Request, kind: type[T]) -> T:
    """The query. Raises FaultyQueryError."""
    given = dict(request.query)
    twice = [name for name in given if len(request.query.getall(name)) > 1]
    faults = [Fault(place=f"query.{name}", says="Is given twice.") for name in twice]
    faults += _unfit("query", given)
    if faults:
        raise FaultyQueryError(faults)
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise FaultyQueryError(_faults("query", error)) from None


async def read_body(request: web.Request, kind: type[T]) -> T:
    """The body. Raises MediaTypeError, NotJsonError, FaultyBodyError."""
    request[BODY] = kind
    if request.content_type != JSON:
        raise MediaTypeError
    try:
        given = json.loads((await request.read()).decode())
    except (ValueError, RecursionError):
        raise NotJsonError from None
    if isinstance(given, dict):
        faults = list(_unfit("body", given))
        if faults:
            raise FaultyBodyError(faults)
    try:
        return kind.model_validate_json(json.dumps(given))
    except ValidationError as error:
        raise FaultyBodyError(_faults("body", error)) from None


def read_idempotency_key(request: web.Request) -> str:
    """The key under which a write is done once. Raises FaultyQueryError."""
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    if not re.fullmatch(KEY_PATTERN, key):
        says = "A write needs a key of its own: 8 to 64 letters, digits, hyphens, underscores."
        raise FaultyQueryError([Fault(place=f"header.{IDEMPOTENCY_KEY}", says=says)])
    return key


def read_bearer(request: web.Request) -> str:
    """The key a request shows; empty where it shows none."""
    scheme, _, key = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _unfit(where: str, given: Mapping[Any, Any]) -> Iterator[Fault]:
    """Texts with a character that no text of the record can hold."""
    for name, value in given.items():
        if has_control(str(name)) or (isinstance(value, str) and has_control(value)):
            place = where if has_control(str(name)) else f"{where}.{name}"
            yield Fault(place=place, says="Holds a control character.")


def _faults(where: str, error: ValidationError) -> list[Fault]:
    """Each fault in pydantic's words, which say nothing of what was sent."""
    found = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join([where, *(str(step) for step in one["loc"] if not has_control(str(step)))])
        # A rule of ours speaks in whole sentences; pydantic's do not end in a full stop.
        says = one["msg"].removeprefix("Value error, ").rstrip(".")
        found.append(Fault(place=place[:_LONGEST_PLACE], says=f"{says}."))
    return found


_LONGEST_PLACE: Final = 200
