"""The form at the desk that gives an investigator the copy of a participant's record."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pro_service.domain.instruments.model import Language
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.copying import CopyPools, read_copy
from pro_service.services.desk.seat import Seat
from pro_service.web.desk.copying.content import record_copy
from pro_service.web.desk.pages import DESK, Desk, language_of
from pro_service.web.desk.words import Words
from pro_service.web.keys import CONTEXT, POOLS
from pro_service.web.refusals import UnreadableFormError
from pro_service.web.requests import read_form

_PDF: Final = "pdf"
_HTML: Final = "html"


async def take(request: web.Request, seat: Seat) -> web.Response:
    """`POST /desk/participants/{code}/copy`: the copy as a file, `as` html or pdf."""
    form = await read_form(request)
    wanted, code = form.get("as", _HTML), request.match_info["code"]
    if wanted not in (_HTML, _PDF):
        raise UnreadableFormError
    context, desk = request.app[CONTEXT], request.app[DESK]
    pools = CopyPools(request.app[POOLS].desk, request.app[POOLS].clerk)
    facts = await read_copy(pools, context, seat, code)
    language = language_of(request, seat)
    paper = record_copy(words_of_copies(desk, context, language), facts)
    headers = {"Content-Disposition": f'attachment; filename="{file_name(code)}.{wanted}"'}
    if wanted == _PDF:
        # What draws is loaded when something is drawn.
        from pro_service.web.desk.copying.pdf import paper_pdf

        return web.Response(body=paper_pdf(paper), content_type="application/pdf", headers=headers)
    text = desk.write("paper.html", language, paper=paper)
    return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)


def words_of_copies(desk: Desk, context: ServiceContext, language: Language) -> Words:
    """The desk's words with neutral labels: licensed wording does not leave in a copy, which names
    it by its hash."""
    return Words(desk.texts, language, context.catalogue.neutral_instruments)


def file_name(code: str) -> str:
    """A participant's code as part of a file's name, safe in a header and on every disk."""
    return "record-" + "".join(one if one.isascii() and one.isalnum() else "-" for one in code)
