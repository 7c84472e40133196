"""Which statuses an event brings with it: of its first record, and never of a correction."""

from __future__ import annotations

from pro_service.domain.study.events import NewEvent, known_event
from pro_service.domain.study.facts import EventKind, ParticipantFacts, Status, StatusFacts
from pro_service.domain.study.pausing import pause_ends_at, status_of
from pro_service.domain.study.statuses import standing


def statuses_brought(event: NewEvent, facts: ParticipantFacts) -> tuple[StatusFacts, ...]:
    """Return the statuses an event brings with it, in the order of record (instants are UTC).

    The first record of the first injection makes active whoever is being screened (R1), after the
    pause where one runs; that of a death ends everything. What corrects the day or hour of
    something that has happened brings none, and neither does what is only planned: whoever had
    left when their injection was recorded stays so. A death that is taken back brings back what
    stood before it.
    """
    known = known_event(facts.events, event.kind, event.ordinal)
    if event.struck:
        return _come_back(facts)
    if event.occurred_at is None or (known is not None and known.occurred_at is not None):
        return ()
    if event.kind is EventKind.death:
        return (StatusFacts(status=Status.died, effective_at=facts.now),)
    if event.kind is not EventKind.injection or event.ordinal != 1:
        return ()
    if status_of(facts) in (None, Status.screened):
        return (StatusFacts(status=Status.active, effective_at=facts.now),)
    return tuple(
        StatusFacts(status=Status.active, effective_at=one.effective_at)
        for one in _end_of_pause(facts)
        if one.status is Status.screened
    )


def _as_if_alive(facts: ParticipantFacts) -> ParticipantFacts:
    """The facts without any word of a death: what stands once it is taken back."""
    return facts.model_copy(
        update={
            "statuses": tuple(one for one in facts.statuses if one.status is not Status.died),
            "events": tuple(one for one in facts.events if one.kind is not EventKind.death),
        }
    )


def _come_back(facts: ParticipantFacts) -> tuple[StatusFacts, ...]:
    """What stood before a death and would stand now, with the end of a pause that still runs."""
    alive = _as_if_alive(facts)
    before = status_of(alive)
    if before is None or status_of(facts) is not Status.died:
        return ()
    return (StatusFacts(status=before, effective_at=facts.now), *_end_of_pause(alive))


def _end_of_pause(facts: ParticipantFacts) -> tuple[StatusFacts, ...]:
    ends_at = pause_ends_at(facts.statuses, facts.now, facts.events)
    if ends_at is None:
        return ()
    then = standing(facts.statuses, ends_at, facts.events).status
    return () if then is None else (StatusFacts(status=then, effective_at=ends_at),)
