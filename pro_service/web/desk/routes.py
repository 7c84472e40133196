"""The desk's addresses, and what its handlers need on the application."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pro_service.web.desk import cards, handlers, sign_in
from pro_service.web.desk.pages import DESK, Desk
from pro_service.web.keys import CONTEXT

ROUTES: Final = (
    web.get("/desk/static/{name}", handlers.get_static, name="desk-static"),
    web.get("/desk/sign-in", sign_in.show_sign_in, name="desk-entrance"),
    web.post("/desk/sign-in", sign_in.post_sign_in, name="desk-enter"),
    web.post("/desk/sign-out", sign_in.post_sign_out, name="desk-leave"),
    web.post("/desk/language", sign_in.choose_language, name="desk-language"),
    web.get("/desk", handlers.show_first_page, name="desk"),
    web.get("/desk/participants/{code}", handlers.show_participant, name="desk-participant"),
    web.get("/desk/participants/{code}/card", cards.show_card, name="desk-card"),
    web.post("/desk/participants/{code}/card", cards.renew, name="desk-card-new"),
    web.get("/desk/participants/{code}/card.svg", cards.get_picture, name="desk-card-picture"),
    web.post("/desk/alerts/{id}/seen", handlers.see_alert, name="desk-alert-seen"),
    web.post("/desk/alerts/{id}/acted", handlers.act_on_alert, name="desk-alert-acted"),
    web.post("/desk/calls/{id}/close", handlers.close_call, name="desk-call-close"),
    web.post("/desk/texts/{id}/read", handlers.read_text, name="desk-text-read"),
    # Last: every other address below /desk gets the desk's own page for what is not there.
    web.get("/desk/{rest:.*}", handlers.not_there, name="desk-nothing"),
)


def set_up(app: web.Application) -> None:
    """Put on the application what the desk's handlers need; after CONTEXT is there."""
    app[DESK] = Desk(app[CONTEXT].instruments)
