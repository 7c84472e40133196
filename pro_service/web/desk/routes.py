"""The desk's addresses, and what its handlers need on the application."""

from __future__ import annotations

from typing import Final, NamedTuple

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.web.desk import cards, handlers, pausing, safety, sign_in, texts
from pro_service.web.desk.enrol import files
from pro_service.web.desk.enrol import handlers as enrol
from pro_service.web.desk.guard import SeatedHandler, for_staff
from pro_service.web.desk.pages import DESK, Desk
from pro_service.web.desk.participants import page as participants
from pro_service.web.desk.person.registry import SHEETS
from pro_service.web.desk.today import page as today
from pro_service.web.keys import CONTEXT


class Doing(NamedTuple):
    """A form of the desk, and what sending it does: nobody else gets as far as the handler."""

    path: str
    handler: SeatedHandler
    action: Action
    name: str

    @property
    def route(self) -> web.RouteDef:
        """As aiohttp knows it."""
        return web.post(self.path, for_staff(self.handler, self.action), name=self.name)


_PARTICIPANT: Final = "/desk/participants/{code}"
DOINGS: Final = (
    Doing("/desk/alerts/{id}/seen", handlers.see_alert, Action.see_alert, "desk-alert-seen"),
    Doing(
        "/desk/alerts/{id}/acted", handlers.act_on_alert, Action.act_on_alert, "desk-alert-acted"
    ),
    Doing("/desk/calls/{id}/close", handlers.close_call, Action.close_call, "desk-call-close"),
    Doing(
        "/desk/messages/{id}/dealt",
        handlers.deal_with_message,
        Action.deal_with_message,
        "desk-message-dealt",
    ),
    Doing("/desk/texts/{id}/read", handlers.read_text, Action.mark_text_read, "desk-text-read"),
    Doing(f"{_PARTICIPANT}/card", cards.renew, Action.renew_card, "desk-card-new"),
    Doing(f"{_PARTICIPANT}/card/show", cards.show, Action.print_card, "desk-card-show"),
    Doing(
        f"{_PARTICIPANT}/pause/preview",
        pausing.preview_pause,
        Action.pause_participant,
        "desk-pause-preview",
    ),
    Doing(f"{_PARTICIPANT}/pause", pausing.pause, Action.pause_participant, "desk-pause"),
    Doing(
        f"{_PARTICIPANT}/resume/preview",
        pausing.preview_resumption,
        Action.pause_participant,
        "desk-resume-preview",
    ),
    Doing(f"{_PARTICIPANT}/safety/end", safety.end, Action.end_safety, "desk-safety-end"),
    Doing(f"{_PARTICIPANT}/resume", pausing.resume, Action.pause_participant, "desk-resume"),
    Doing("/desk/enrol", enrol.send, Action.enrol, "desk-enrol"),
    Doing("/desk/enrol/file", files.look, Action.enrol, "desk-enrol-file"),
    Doing("/desk/enrol/rows", files.confirm, Action.enrol, "desk-enrol-rows"),
    *(
        Doing(f"{_PARTICIPANT}/{one.name}", one.send, one.action, f"desk-{one.name}")
        for one in SHEETS
    ),
)
"""Every form with the action it is."""
FOR_ANYBODY: Final = frozenset({"desk-enter", "desk-leave", "desk-language", "desk-study-choose"})
"""Forms that are nobody's action in particular: signing in and out, the language and the study."""
ROUTES: Final = (
    web.get("/desk/static/{name}", handlers.get_static, name="desk-static"),
    web.get("/desk/sign-in", sign_in.show_sign_in, name="desk-entrance"),
    web.post("/desk/sign-in", sign_in.post_sign_in, name="desk-enter"),
    web.post("/desk/sign-out", sign_in.post_sign_out, name="desk-leave"),
    web.get("/desk/studies", sign_in.show_studies, name="desk-studies"),
    web.post("/desk/studies", sign_in.post_study, name="desk-study-choose"),
    web.post("/desk/language", sign_in.choose_language, name="desk-language"),
    web.get("/desk", today.show_today, name="desk"),
    web.get("/desk/enrol", enrol.show, name="desk-enrol-form"),
    web.get("/desk/participants", participants.show_participants, name="desk-participants"),
    web.get("/desk/texts", texts.show_texts, name="desk-texts"),
    web.get(_PARTICIPANT, handlers.show_participant, name="desk-participant"),
    web.get(f"{_PARTICIPANT}/card", cards.show_page, name="desk-card"),
    web.get(f"{_PARTICIPANT}/card.svg", cards.get_picture, name="desk-card-picture"),
    *(one.route for one in DOINGS),
    *(one.form for one in SHEETS),
    # Last: every other address below /desk gets the desk's own page for what is not there.
    web.get("/desk/{rest:.*}", handlers.not_there, name="desk-nothing"),
)


def set_up(app: web.Application) -> None:
    """Put on the application what the desk's handlers need; after CONTEXT is there."""
    app[DESK] = Desk(app[CONTEXT].catalogue.instruments)
