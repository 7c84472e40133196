"""Renders the desk's pages and keeps what its handlers share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from pro_service.domain.instruments.model import LANGUAGES, Instrument, Language
from pro_service.domain.study.permissions import Action
from pro_service.services.desk.seat import Seat
from pro_service.services.desk.sign_in import Passwords, form_secret
from pro_service.texts.desk import load_desk_texts
from pro_service.web.desk.words import Words

LANGUAGE_COOKIE: Final = "desk_language"
HTML_LANGUAGES: Final[dict[Language, str]] = {"en": "en", "zh_CN": "zh-Hans"}
_FAILURES: Final[dict[HTTPStatus, str]] = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.FORBIDDEN: "refused",
    HTTPStatus.CONFLICT: "already_done",
    HTTPStatus.UNPROCESSABLE_ENTITY: "reason_missing",
    HTTPStatus.SERVICE_UNAVAILABLE: "busy",
}


class Desk:
    """The desk's templates, words and passwords, made once."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        """Read templates, catalogues and the style sheet."""
        package = "pro_service.web.desk"
        self.passwords = Passwords()
        texts = load_desk_texts()
        self._words = {one: Words(texts, one, instruments) for one in LANGUAGES}
        self._environment = Environment(
            loader=PackageLoader(package),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["in_address"] = lambda code: quote(code, safe="")
        self.style = files(package).joinpath("static", "desk.css").read_bytes()
        # The name changes with the content, so a browser may keep the sheet for good.
        self.style_name = f"desk-{hashlib.sha256(self.style).hexdigest()[:12]}.css"

    def words(self, language: Language) -> Words:
        """The desk's words in a language."""
        return self._words[language]

    def render(
        self,
        template: str,
        request: web.Request,
        seat: Seat | None,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        **values: Any,
    ) -> web.Response:
        """One page in the reader's language."""
        language = language_of(request, seat)
        words = self._words[language]

        def may(action: str, site_id: UUID | None) -> bool:
            return seat is not None and seat.may(Action[action], site_id)

        given = {
            "t": words.text,
            "w": words,
            "may": may,
            "language": language,
            "html_language": HTML_LANGUAGES[language],
            "html_languages": HTML_LANGUAGES,
            "other_languages": [one for one in LANGUAGES if one != language],
            "style": f"/desk/static/{self.style_name}",
            "login": None if seat is None else seat.staff.login,
            "secret": None if seat is None else form_secret(seat.token),
            "here": request.path_qs if request.method == "GET" else "/desk",
        }
        body = self._environment.get_template(template).render(given | values)
        return web.Response(text=body, status=status, content_type="text/html", charset="utf-8")

    def failure(
        self,
        request: web.Request,
        seat: Seat | None,
        status: HTTPStatus,
        reason: str | None = None,
    ) -> web.Response:
        """The page for a request that failed; not there and not yours look alike.

        `reason` chooses its words where the status alone does not.
        """
        other = "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "unreadable"
        return self.render(
            "failure.html",
            request,
            seat,
            status=status,
            reason=reason or _FAILURES.get(status, other),
        )


def language_of(request: web.Request, seat: Seat | None) -> Language:
    """The language chosen on this device, else the member of staff's, else the browser's."""
    for one in LANGUAGES:
        if one == request.cookies.get(LANGUAGE_COOKIE):
            return one
    if seat is not None:
        return seat.staff.language
    accepted = request.headers.get("Accept-Language", "")
    return "zh_CN" if re.match(r"\s*zh\b", accepted, re.IGNORECASE) else "en"


DESK: Final = web.AppKey("DESK", Desk)
