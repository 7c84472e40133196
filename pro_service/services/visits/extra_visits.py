"""Extra visits: made by hand when something must be asked between two visits of the protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Instrument
from pro_service.domain.study.assessments import is_open_question
from pro_service.domain.study.facts import KNEES, ParticipantFacts, Target
from pro_service.domain.study.follow_up.end_reasons import EndReason
from pro_service.domain.study.follow_up.safety_floor import why_nobody_is_texted
from pro_service.domain.study.protocol import Messaging, Protocol, VisitDefinition
from pro_service.domain.study.schedule import NewVisit, plan_unscheduled
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import quiet_end, zone
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.visits.scheduling import add_visit
from pro_service.store.visits import schedule
from pro_service.store.visits.schedule import ScheduleWrite


class ExtraVisitRefusedError(ProServiceError):
    """The extra visit cannot be made."""


@dataclass(frozen=True)
class Wish:
    """One instrument to ask; without a target, every treated knee or the person, as it is made."""

    instrument: str
    target: Target | None = None


@dataclass(frozen=True)
class ExtraVisit:
    """What was made."""

    definition: VisitDefinition
    occurrence: int
    asked: tuple[tuple[str, Target], ...]
    reminded_at: datetime | None
    """When the first text is due; None: no text is planned."""
    held: EndReason | None
    """What keeps a text from going then, as things stand; None: nothing does."""


async def add_extra_visit(
    who: Who, wishes: Sequence[Wish], *, actor: str, reason: str, at_once: bool = False
) -> ExtraVisit:
    """Make an extra visit, open at once and until it is answered or declined.

    Its first text goes in the evening, or (`at_once`) as soon as quiet hours let it.
    Raises ExtraVisitRefusedError, BusyError.
    """
    instruments = who.context.catalogue.instruments

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[ExtraVisit]:
        definition = _definition(protocol, facts)
        asked = _assessments(facts, instruments, wishes)
        _refuse_what_is_open(definition, facts, asked)
        known = await schedule.list_last_revisions(who.connection, facts.study_id, facts.id)
        occurrences = [number for name, number in known if name == definition.id]
        plan = plan_unscheduled(
            definition,
            asked,
            last_occurrence=max(occurrences, default=0),
            now=facts.now,
            zone=zone(facts.zone),
        )
        note = note_about(who.context, facts, reason)
        document = ScheduleWrite(reason=note.reference)
        add_visit(document, protocol, facts, NewVisit(visit=plan, schedule_revision=1), actor)
        if at_once:
            _ask_at_once(document, facts, protocol.messaging)
        due = [nudge.due_at for nudge in document.reminders]
        first = next(iter(due), None)
        held = why_nobody_is_texted(
            facts, standing(facts.statuses, first or facts.now, facts.events)
        )
        made = ExtraVisit(definition, plan.occurrence, asked, first, held)
        return reasoned(who, note, Plan(made, writing(schedule.write_schedule, document)))

    return await turn(who, decide)


def _ask_at_once(document: ScheduleWrite, facts: ParticipantFacts, messaging: Messaging) -> None:
    """Let the first text go now, or when quiet hours end."""
    quiet = (messaging.quiet_from, messaging.quiet_until)
    due_at = quiet_end(facts.now, *quiet, zone(facts.zone))
    document.reminders = [replace(one, due_at=due_at) for one in document.reminders]


def _definition(protocol: Protocol, facts: ParticipantFacts) -> VisitDefinition:
    """The protocol's extra visit, if the participant may be asked anything at all."""
    where = standing(facts.statuses, facts.now, facts.events)
    if not where.may_answer:
        raise ExtraVisitRefusedError(
            f"{facts.code} is {where.status or 'not enrolled'} and is asked nothing any more.",
            mend="Record another status first, if that is wrong: pro-service participant status.",
            word="not_asked",
        )
    found = next((each for each in protocol.visits if each.kind == "unscheduled"), None)
    if found is None:
        raise ExtraVisitRefusedError(
            "The participant's protocol has no unscheduled visit.",
            mend='Add a [[visit]] with kind = "unscheduled" and load the protocol.',
            word="no_definition",
        )
    return found


def _assessments(
    facts: ParticipantFacts, instruments: Mapping[str, Instrument], wishes: Sequence[Wish]
) -> tuple[tuple[str, Target], ...]:
    """Instrument and target of everything wished for, each once. Raises ExtraVisitRefusedError."""
    pairs: dict[tuple[str, Target], None] = {}
    for wish in wishes:
        instrument = instruments.get(wish.instrument)
        if instrument is None:
            raise ExtraVisitRefusedError(
                f"There is no instrument {wish.instrument}.",
                mend=f"Known: {', '.join(sorted(instruments))}.",
            )
        allowed: tuple[Target, ...] = KNEES if instrument.asks_about == "knee" else ("person",)
        if wish.target is not None and wish.target not in allowed:
            raise ExtraVisitRefusedError(
                f"{wish.instrument} does not ask about {wish.target}.",
                mend=f"It asks about: {', '.join(allowed)}.",
            )
        usual = facts.treated_knees if instrument.asks_about == "knee" else allowed
        targets = usual if wish.target is None else (wish.target,)
        pairs |= dict.fromkeys((wish.instrument, target) for target in targets)
    if not pairs:
        raise ExtraVisitRefusedError(
            "Nothing is to be asked.", mend="Name an instrument with --ask.", word="nothing"
        )
    return tuple(pairs)


def _refuse_what_is_open(
    definition: VisitDefinition, facts: ParticipantFacts, asked: Sequence[tuple[str, Target]]
) -> None:
    """Nobody is asked the same twice at once; a command given twice makes one visit."""
    for visit in facts.visits:
        if visit.definition != definition.id:
            continue
        for one in visit.assessments:
            if (one.instrument, one.target) in asked and is_open_question(one):
                raise ExtraVisitRefusedError(
                    f"Extra visit {visit.occurrence} asks {one.instrument} ({one.target}) already"
                    " and has not been answered yet.",
                    word="open",
                )
