"""UNWELL by text: whom to ring is said first, then the safety checklist is asked at once.

Whoever asked for no texts gets none; the checklist waits on their page and somebody is asked to
ring, as for everybody.
"""

from __future__ import annotations

from pro_service.domain.conversation.advance import begin
from pro_service.domain.conversation.commands import Command
from pro_service.domain.conversation.dialogue import TextPart
from pro_service.domain.study.facts import VisitFacts
from pro_service.services.answering import agenda, open_questions, plan_unwell
from pro_service.services.base.actors import participant_actor
from pro_service.services.receiving.case import Case
from pro_service.services.receiving.outcome import InboundOutcome, Reply, own_outcome
from pro_service.services.texting import link_for

NOTED = "unwell.noted"


async def answer_unwell(case: Case) -> InboundOutcome:
    """Open the checklist, ask for a call, and ask the first question in the reply.

    Without a checklist, or with a picture that nobody can see here, somebody must read the text.
    """
    unwell = plan_unwell(case.facts, case.protocol, participant_actor(case.facts))
    to_read = unwell.visit is None or case.received.text.media_count > 0
    outcome = own_outcome(case, "needs_reading" if to_read else "command", Command.unwell)
    outcome.checklist = unwell.document
    if case.held_back:
        return outcome
    parts = [TextPart(key=NOTED), TextPart(key="unwell.call")]
    dialogue = case.dialogue
    link: str | None = None
    if unwell.visit is not None:
        ids = {one.id for one in unwell.visit.assessments}
        entries = agenda(case.context, case.protocol, unwell.facts)
        asked = [one for one in entries if one.assessment_id in ids]
        if asked:
            dialogue, question = begin(entries, case.facts.now)
            parts += [TextPart(key="unwell.questions"), *question]
        else:
            link = await _link(case, unwell.visit, outcome)
            parts += [] if link is None else [TextPart(key="unwell.page")]
    outcome.reply = Reply(case.render(case.headed(parts), link=link), NOTED, case.facts.language)
    outcome.keep_dialogue(case, dialogue, parts)
    return outcome


async def _link(case: Case, visit: VisitFacts, outcome: InboundOutcome) -> str | None:
    """The page with the checklist, where it may be answered there and a link may be sent."""
    facts = case.facts.model_copy(update={"visits": (visit,)})
    if not case.rule.links or not open_questions(facts, case.protocol, "link"):
        return None
    link, rows = await link_for(case.connection, case.context, case.facts, visit.id)
    outcome.invitations += rows
    return link
