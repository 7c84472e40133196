"""A participant says on their own page that something is wrong: the safety checklist opens.

Whoever paused or wants no texts may say so like everybody: it is their word, and no text follows.
"""

from __future__ import annotations

from pro_service.domain.study.follow_up.call_keys import UNWELL, CallKey
from pro_service.domain.study.follow_up.unwell import open_checklist
from pro_service.services.answering import plan_unwell
from pro_service.services.base.actors import participant_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.pages.own_forms import OwnForm, Write, keyed, once
from pro_service.services.pages.own_page import OwnPage
from pro_service.store.answering import checklist
from pro_service.store.connection import Connection, Guard


def was_said(page: OwnPage) -> bool:
    """Whether somebody has been asked to ring, or the checklist waits, because of such a word."""
    return open_checklist(page.facts) is not None or CallKey(None, UNWELL) in page.facts.open_calls


async def say_unwell(
    connection: Connection, context: ServiceContext, shown: str, *, key: str
) -> bool:
    """Open the checklist and ask somebody to ring; a second copy of the form changes nothing.

    False if the cookie leads nowhere (any more). Raises BusyError.
    """

    async def plan(page: OwnPage, web_key: str) -> Write:
        document = plan_unwell(page.facts, page.protocol, participant_actor(page.facts)).document

        async def opened(lent: Connection, guard: Guard) -> None:
            await checklist.open_checklist(lent, guard, document)

        return keyed(form, page, web_key, opened)

    form = OwnForm(connection, context, shown, "unwell", key)
    return await once(form, plan)
