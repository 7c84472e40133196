"""At any time: what is asked when a participant says that something is wrong.

The checklist is what the protocol's safety visits ask and an urgent safety rule looks at, in the
order in which they ask it. It stands at a visit of its own (`UNWELL_VISIT`): unscheduled, so in no
adherence figure, open until it is answered or declined, and followed up like any safety visit. One
at most is open at a time.
"""

from __future__ import annotations

from pro_service.domain.study.assessments import owes_answers
from pro_service.domain.study.facts import ParticipantFacts, Target, VisitFacts
from pro_service.domain.study.protocol import UNWELL_VISIT, Protocol
from pro_service.domain.study.statuses import standing


def checklist(facts: ParticipantFacts, protocol: Protocol) -> tuple[tuple[str, Target], ...]:
    """Return instrument and target of everything on the checklist.

    Empty where the protocol has none, or where the participant is asked nothing any more: somebody
    must ring then.
    """
    if not standing(facts.statuses, facts.now, facts.events).may_answer:
        return ()
    looked_at = {
        instrument
        for rule in protocol.safety.rules
        if rule.severity == "urgent"
        for instrument in rule.instruments
    }
    pairs: dict[tuple[str, Target], None] = {}
    for visit in protocol.visits:
        for ask in visit.asks if visit.nudges == "safety" else ():
            if ask.instrument not in looked_at:
                continue
            targets: tuple[Target, ...] = (
                ("person",) if ask.targets == "person" else facts.treated_knees
            )
            pairs |= dict.fromkeys((ask.instrument, target) for target in targets)
    return tuple(pairs)


def is_unwell(visit: VisitFacts) -> bool:
    """Tell whether a visit is one at which a participant said that something is wrong."""
    return visit.definition == UNWELL_VISIT.id


def open_checklist(facts: ParticipantFacts) -> VisitFacts | None:
    """Return the checklist that is open already, or None."""
    return next((one for one in facts.visits if is_unwell(one) and owes_answers(one)), None)


def last_occurrence(facts: ParticipantFacts) -> int:
    """Return the number of the latest such visit, 0 before the first."""
    return max((one.occurrence for one in facts.visits if is_unwell(one)), default=0)
