"""A form of a participant's own page: written once, whoever presses twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Decision, until_written
from pro_service.services.pages.own_page import OwnPage, open_own_page
from pro_service.store.answering import answers
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.pages import preferences
from pro_service.store.pages.preferences import ChoiceWrite

Write = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class OwnForm:
    """A form that was sent: by the device of which cookie, what it says, under which key."""

    connection: Connection
    context: ServiceContext
    shown: str
    said: str
    """What is chosen or said, as a part of the idempotency key."""
    key: str


async def once(form: OwnForm, plan: Callable[[OwnPage, str], Awaitable[Write]]) -> bool:
    """Write what `plan` makes of the page and the form's whole key; a second copy changes nothing.

    False if the cookie leads nowhere (any more). Raises BusyError, and what `plan` raises.
    """

    async def decide() -> Decision[bool]:
        page = await open_own_page(form.connection, form.context, form.shown)
        if page is None or not page.admission.admits(page.protocol):
            return Decision(False)
        web_key = f"{page.facts.id}:{form.said}:{form.key}"
        if await answers.find_web_write(form.connection, page.facts.study_id, web_key):
            return Decision(True)
        return Decision(True, await plan(page, web_key))

    return await until_written(decide)


def guard_of(page: OwnPage) -> Guard:
    """What holds a write to the facts the page showed."""
    return Guard(page.facts.study_id, page.facts.id, page.facts.revision)


def keyed(
    form: OwnForm, page: OwnPage, web_key: str, then: Callable[[Connection, Guard], Awaitable[None]]
) -> Write:
    """The form's key, and in the same transaction a write that keeps no key of its own."""

    async def write() -> None:
        guard = guard_of(page)
        async with transaction(form.connection) as lent:
            await preferences.record_choice(lent, guard, ChoiceWrite(web_key=web_key))
            # The key's own row before it has moved the revision.
            await then(lent, guard._replace(revision=guard.revision + 1))

    return write
