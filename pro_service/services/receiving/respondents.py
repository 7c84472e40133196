"""Who answers, said by text on a telephone that is another person's (rule R25)."""

from __future__ import annotations

from typing import Final

from pro_service.domain.conversation.advance import Agenda, begin
from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.dialogue import Step, TextPart, WhoAnswers
from pro_service.domain.study.respondents import SELF, Respondent
from pro_service.services.receiving.case import Case
from pro_service.store.texting.arrivals import LineParticipant

_SAYS: Final[dict[Command, Respondent]] = {
    Command.in_person: SELF,
    Command.with_reader: Respondent(kind="self_with_reader"),
}


def stated_respondent(user: LineParticipant, said: str) -> Respondent | None:
    """Who a text says answers, where its sender's telephone is not the participant's own."""
    command = recognise(said)
    if user.relation == "self" or command is None:
        return None
    return _SAYS.get(command)


def take_over(case: Case, entries: Agenda, said: str) -> Step:
    """The sitting is theirs from here on: what is open for them is asked, and noted as theirs."""
    dialogue, question = begin(entries, case.facts.now)
    prompt = dialogue.prompt
    visit_id = next(
        (one.visit_id for one in entries if prompt and one.assessment_id == prompt.assessment_id),
        None,
    )
    if visit_id is not None:
        who = WhoAnswers(visit_id=visit_id, kind=case.respondent.kind)
        dialogue = dialogue.model_copy(update={"who": who})
    noted = (TextPart(key="who.noted"), *question) if question else (TextPart(key="nothing_open"),)
    return Step(dialogue=dialogue, reply=noted, disposition="command", command=recognise(said))
