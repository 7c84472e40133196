"""A browser in which the desk is open never opens a participant's pages, nor writes on them.

What is answered there would stand as the participant's own (rule R5, field case M15).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from pro_service.services.desk.sign_in import is_open_there
from pro_service.web.cookies import cookie_in
from pro_service.web.errors import for_participants
from pro_service.web.keys import PAGES, POOLS
from pro_service.web.questionnaire.views import guess_language
from pro_service.web.requests import STAFF_COOKIE, route_name

_HARMLESS: Final = frozenset({"page-static", "page-language", "page-leave"})
"""Routes that show and write nothing of a participant's."""


@web.middleware
async def refuse_staff(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Show one page, with what to do, wherever somebody of the staff is signed in.

    Only a browser that shows the mark of a session costs a look into the database.
    """
    mark = cookie_in(request, STAFF_COOKIE)
    if (
        mark
        and for_participants(request.path)
        and route_name(request) not in _HARMLESS
        and await is_open_there(request.app[POOLS].participant, mark)
    ):
        return request.app[PAGES].render(
            "staff.html", guess_language(request), status=HTTPStatus.FORBIDDEN, back="/c"
        )
    return await handler(request)
