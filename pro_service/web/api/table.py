"""What an address of /api/v1 is: one record of the table that is served and described alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal, NamedTuple, TypeVar
from uuid import UUID

from pro_service.domain.programs.scopes import Scope
from pro_service.domain.study.permissions import Action
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.actions import Hands
from pro_service.services.desk.seat import NotHereError, Seat
from pro_service.web.api.models.base import Model, NoQuery
from pro_service.web.api.representations import Representation, demand_match

BASE: Final = "/api/v1"
ZIP: Final = "application/zip"
T = TypeVar("T", bound=Model)


class Download(NamedTuple):
    """A file as it is handed out, part by part."""

    name: str
    size: int
    parts: AsyncIterator[bytes]


@dataclass(frozen=True)
class Call:
    """A request of a program, read and admitted."""

    hands: Hands
    path: Mapping[str, str]
    query: Model
    body: Model | None = None
    key: str = ""
    """The key under which a write is done once: the program's own, never another's."""
    if_match: str | None = None
    """The tags one of which the representation must have still; None: any will do."""

    def demand_match(self, shown: Representation) -> None:
        """Refuse where If-Match names another representation. Raises PreconditionError."""
        demand_match(self.if_match, shown)

    @property
    def id(self) -> UUID:
        """What the path names. Raises NotHereError where nothing is called so."""
        try:
            return UUID(self.path["id"])
        except ValueError:
            raise NotHereError from None

    @property
    def seat(self) -> Seat:
        """The program's seat."""
        return self.hands.seat

    @property
    def context(self) -> ServiceContext:
        """The services' context."""
        return self.hands.context

    def asked(self, kind: type[T]) -> T:
        """The query, of the kind the table says."""
        return _of(kind, self.query)

    def sent(self, kind: type[T]) -> T:
        """The body, of the kind the table says."""
        return _of(kind, self.body)


def _of(kind: type[T], given: Model | None) -> T:
    if not isinstance(given, kind):
        raise TypeError(f"the table says {type(given).__name__}, the handler {kind.__name__}")
    return given


Method = Literal["GET", "POST"]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One address and method: the scope it needs, what it takes, what it answers."""

    method: Method = "GET"
    path: str
    """Below the base, with {code} for a participant's, {id} for what has one."""
    name: str
    summary: str
    scope: Scope
    action: Action
    """What a role at some site must do for it; at which, the use case asks."""
    handler: Callable[[Call], Awaitable[Representation | Download]]
    answer: type[Model] | None
    """What it answers is of this model, whoever writes it; None: a ZIP file."""
    query: type[Model] = NoQuery
    body: type[Model] | None = None
    finds: bool = False
    """Whether something the query names may not be there."""
    preconditioned: bool = False
    """Whether it heeds If-Match, of what GET answers at the same address."""

    @property
    def address(self) -> str:
        """As it is asked for."""
        return f"{BASE}{self.path}"

    @property
    def status(self) -> HTTPStatus:
        """What it answers when all went well."""
        return HTTPStatus.OK if self.method == "GET" else HTTPStatus.CREATED

    @property
    def problems(self) -> tuple[HTTPStatus, ...]:
        """What else it may answer, each a problem."""
        found = [
            *(HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN),
            *(HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE),
        ]
        if "{" in self.path or self.finds:
            found.append(HTTPStatus.NOT_FOUND)
        if self.body is not None:
            found += [
                *(HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
                *(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY),
            ]
        if self.preconditioned:
            found.append(HTTPStatus.PRECONDITION_FAILED)
        return tuple(sorted(found))
