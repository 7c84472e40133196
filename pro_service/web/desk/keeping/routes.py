"""Addresses of the administrators' rooms, and which action each form is."""

from __future__ import annotations

from typing import Final, NamedTuple

from aiohttp import web

from pro_service.domain.study.permissions import Action
from pro_service.web.desk.guard import SeatedHandler
from pro_service.web.desk.keeping import person, senders, sites, staff

_PERSON: Final = f"{staff.STAFF}/{{id}}"
_SITE: Final = f"{sites.SITES}/{{code}}"
_SENDER: Final = f"{senders.SENDERS}/{{id}}"


class KeptForm(NamedTuple):
    """A form of these rooms: where it goes, who handles it, which action it is, its name."""

    path: str
    handler: SeatedHandler
    action: Action
    name: str


KEPT_FORMS: Final = (
    KeptForm(staff.INVITE, staff.invite, Action.keep_staff, "desk-staff-invite"),
    KeptForm(f"{_PERSON}/role", person.give_role, Action.keep_staff, "desk-staff-role"),
    KeptForm(f"{_PERSON}/role/end", person.end_role, Action.keep_staff, "desk-staff-role-end"),
    KeptForm(f"{_PERSON}/reset", person.reset_password, Action.keep_staff, "desk-staff-reset"),
    KeptForm(f"{_PERSON}/factor", person.reset_factor, Action.keep_staff, "desk-staff-factor"),
    KeptForm(f"{_PERSON}/end", person.end, Action.keep_staff, "desk-staff-end"),
    KeptForm(_SITE, sites.correct, Action.keep_sites, "desk-site-correct"),
    KeptForm(_SENDER, senders.correct, Action.keep_sites, "desk-sender-correct"),
)
KEPT_ROUTES: Final = (
    web.get(staff.STAFF, staff.show, name="desk-staff"),
    web.get(staff.INVITE, staff.show_invite, name="desk-staff-invite-form"),
    web.get(_PERSON, person.show, name="desk-staff-person"),
    web.get(sites.SITES, sites.show, name="desk-sites"),
    web.get(_SITE, sites.show_form, name="desk-site-correct-form"),
    web.get(_SENDER, senders.show_form, name="desk-sender-correct-form"),
)
