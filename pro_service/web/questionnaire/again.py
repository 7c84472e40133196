"""A screen that came without its session: kept in the page, and saved once link or card are open.

The cookie may be gone, the card renewed, cookies refused, or somebody else's link opened since.
What was entered comes back in hidden fields of a form; it is saved by that form as soon as link or
card were opened again in this browser, or with the card's code typed into it, cookies or not.
Nothing is told that was not in the form: whoever sent it has no session.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from aiohttp import web

from pro_service.domain.instruments.model import Language
from pro_service.services.pages import entrance as service
from pro_service.services.pages.entrance import CodeRefusedError, TooManyTriesError
from pro_service.web.errors import status_of
from pro_service.web.keys import CONTEXT, PAGES, POOLS
from pro_service.web.questionnaire.views import guess_language
from pro_service.web.requests import Form, source_of, try_again_after

LONGEST_CODE: Final = 40
MOST_FIELDS: Final = 200
LONGEST_FIELD: Final = 100
"""Characters; every field our screens have is shorter."""
_OURS: Final = re.compile(
    r"key|assessment|group|who|back|leave|(a|x|was)\.[A-Za-z0-9_]{1,40}", re.ASCII
)


def kept_fields(form: Form) -> list[tuple[str, str]]:
    """What of a screen's form is kept: its own fields, as they came."""
    found = [(name, value) for name, value in form.items() if _OURS.fullmatch(name)]
    return [(name, value) for name, value in found if len(value) <= LONGEST_FIELD][:MOST_FIELDS]


def keep_entries(
    request: web.Request,
    form: Form,
    *,
    language: Language | None = None,
    status: HTTPStatus = HTTPStatus.FORBIDDEN,
    problem: str | None = None,
) -> web.Response:
    """The page that asks to open link or card again, with what was entered in it."""
    return request.app[PAGES].render(
        "again.html",
        language or guess_language(request),
        status=status,
        scripted=True,
        languages=(),
        fields=kept_fields(form),
        why="again.other" if status is HTTPStatus.CONFLICT else "again.closed",
        problem=problem,
    )


async def open_by_code(request: web.Request, form: Form) -> str | web.Response | None:
    """The session the code typed beside the entries opens, or the page again; None: none typed."""
    typed = form.get("code", "")[:LONGEST_CODE]
    if not typed.strip():
        return None
    try:
        return await service.open_by_code(
            request.app[POOLS].participant, request.app[CONTEXT], typed, source_of(request)
        )
    except CodeRefusedError as error:
        return keep_entries(request, form, status=status_of(error), problem="entrance.refused")
    except TooManyTriesError as error:
        page = keep_entries(request, form, status=status_of(error), problem="entrance.too_many")
        return try_again_after(page, service.CODES_WITHIN)
