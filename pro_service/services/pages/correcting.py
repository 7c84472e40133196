"""A participant asks on the own page that an answer they sent be corrected (R13).

Nothing that was sent is shown (R5): they say which visit's it is, and in their words what they
meant. Their dated request is kept, and staff are asked to see to it.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import VisitFacts
from pro_service.domain.study.follow_up.call_keys import CORRECTION_ASKED, CallKey
from pro_service.services.base.actors import participant_actor
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import note_about
from pro_service.services.pages.own_forms import OwnForm, Write, keyed, once
from pro_service.services.pages.own_page import MOST_SHOWN, OwnPage
from pro_service.store.base.notes import give_note
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import new_id
from pro_service.store.pages import wishes as store
from pro_service.store.pages.wishes import CorrectionWishRow, CorrectionWishWrite
from pro_service.store.writes import CallRow

LONGEST_WORDS: Final = 1000


class WishRefusedError(ProServiceError):
    """Which answers, or what they meant, was not said."""


class CorrectionAsked(NamedTuple):
    """What the form says: at which visit it was sent, and what they meant, in their words."""

    visit: str
    words: str


def correctable(page: OwnPage) -> tuple[VisitFacts, ...]:
    """The visits at which something was sent, the latest first: never what."""
    sent = [
        (max(at), visit)
        for visit in page.facts.visits
        if (at := [one.submitted_at for one in visit.assessments if one.submitted_at is not None])
    ]
    sent.sort(key=lambda one: one[0], reverse=True)
    return tuple(visit for _, visit in sent[:MOST_SHOWN])


async def ask_correction(
    connection: Connection,
    context: ServiceContext,
    shown: str,
    *,
    key: str,
    asked: CorrectionAsked,
) -> bool:
    """Keep the request, once a form; False if the cookie leads nowhere (any more).

    Raises WishRefusedError, KeyGoneError, BusyError.
    """
    words = asked.words.strip()[:LONGEST_WORDS]

    async def plan(page: OwnPage, web_key: str) -> Write:
        visit_id = _visit(page, asked.visit)
        if visit_id is None or not words:
            raise WishRefusedError
        facts = page.facts
        note, actor = note_about(context, facts, words), participant_actor(facts)
        wish = CorrectionWishRow(id=new_id(), visit_id=visit_id, said=note.reference, actor=actor)
        document = CorrectionWishWrite(wishes=[wish])
        if CallKey(None, CORRECTION_ASKED) not in facts.open_calls:
            document.calls.append(
                CallRow(
                    id=new_id(),
                    participant_id=facts.id,
                    visit_id=None,
                    reason=CORRECTION_ASKED,
                    closes_at=None,
                    actor=actor,
                )
            )

        async def keep(lent: Connection, guard: Guard) -> None:
            await give_note(lent, guard.study_id, guard.participant_id, note)
            await store.record_correction_wish(lent, guard, document)

        return keyed(form, page, web_key, keep)

    form = OwnForm(connection, context, shown, "correct", key)
    return await once(form, plan)


def _visit(page: OwnPage, text: str) -> UUID | None:
    return next((one.id for one in correctable(page) if str(one.id) == text), None)
