"""A participant says on their own page that something is wrong: the safety checklist opens.

Whoever paused or wants no texts may say so like everybody: it is their word, and no text follows.
"""

from __future__ import annotations

from pro_service.domain.study.facts import CallKey
from pro_service.domain.study.follow_up.unwell import open_checklist
from pro_service.services.answering import UNWELL, plan_unwell
from pro_service.services.base.actors import participant_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Decision, until_written
from pro_service.services.pages.own_page import OwnPage, open_own_page
from pro_service.store.answering import answers, checklist
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.pages import preferences
from pro_service.store.pages.preferences import ChoiceWrite


def was_said(page: OwnPage) -> bool:
    """Whether somebody has been asked to ring, or the checklist waits, because of such a word."""
    return open_checklist(page.facts) is not None or CallKey(None, UNWELL) in page.facts.open_calls


async def say_unwell(
    connection: Connection, context: ServiceContext, shown: str, *, key: str
) -> bool:
    """Open the checklist and ask somebody to ring; a second copy of the form changes nothing.

    False if the cookie leads nowhere (any more). Raises BusyError.
    """

    async def decide() -> Decision[bool]:
        page = await open_own_page(connection, context, shown)
        if page is None or not page.admission.admits(page.protocol):
            return Decision(False)
        facts = page.facts
        web_key = f"{facts.id}:unwell:{key}"
        if await answers.find_web_write(connection, facts.study_id, web_key):
            return Decision(True)
        document = plan_unwell(facts, page.protocol, participant_actor(facts)).document
        guard = Guard(facts.study_id, facts.id, facts.revision)

        async def write() -> None:
            async with transaction(connection) as lent:
                await preferences.record_choice(lent, guard, ChoiceWrite(web_key=web_key))
                # The form's turn before it has moved the revision.
                after = guard._replace(revision=guard.revision + 1)
                await checklist.open_checklist(lent, after, document)

        return Decision(True, write)

    return await until_written(decide)
