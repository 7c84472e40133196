"""Addresses of one's own account: nobody's action in particular, and open to whoever is in."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pro_service.web.desk.account import links, me, passkeys, second
from pro_service.web.desk.account.proving import PROVE
from pro_service.web.desk.guard import SECOND_STEP, for_anybody_in

_POSTS: Final = (
    web.post(SECOND_STEP, second.post_second, name="desk-second-step"),
    web.post(links.LINK, links.post_link, name="desk-link-used"),
    web.post(PROVE, for_anybody_in(me.prove), name="desk-prove"),
    web.post(f"{me.ME}/sessions/end", for_anybody_in(me.end_sessions), name="desk-sessions-end"),
    web.post(f"{me.ME}/password", for_anybody_in(me.change_password), name="desk-own-password"),
    web.post(
        passkeys.PASSKEYS,
        for_anybody_in(passkeys.post_new, step_up=True),
        name="desk-own-passkey",
    ),
    web.post(
        f"{passkeys.PASSKEYS}/end",
        for_anybody_in(passkeys.post_end, step_up=True),
        name="desk-own-passkey-end",
    ),
    web.post(
        passkeys.RECOVERY,
        for_anybody_in(passkeys.post_recovery, step_up=True),
        name="desk-own-recovery",
    ),
    web.post(
        second.FACTOR,
        for_anybody_in(second.post_offer, step_up=True),
        name="desk-own-factor",
    ),
)
ACCOUNT_FORMS: Final = frozenset(str(one.kwargs["name"]) for one in _POSTS)
ACCOUNT_ROUTES: Final = (
    web.get(SECOND_STEP, second.show_second, name="desk-second-step-form"),
    web.get(f"{links.LINK}/{{token}}", links.show_link, name="desk-link"),
    web.get(me.ME, for_anybody_in(me.show_me), name="desk-me"),
    web.get(
        second.FACTOR, for_anybody_in(second.show_offer, step_up=True), name="desk-own-factor-form"
    ),
    web.get(
        passkeys.PASSKEYS,
        for_anybody_in(passkeys.show_new, step_up=True),
        name="desk-own-passkey-form",
    ),
    *_POSTS,
)
