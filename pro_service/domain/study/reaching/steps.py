"""What takes a reminder to a participant: a text or an e-mail, step by step, as the protocol says.

A protocol names a carrier for the first reminder of a visit, the second, and so on; a call follows
as it always does, where reminders stayed unanswered. A step's own carrier is tried first, then the
others that the protocol names at all. A protocol that names none sends texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pro_service.domain.delivery.addresses import Kind
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.nudges import profile_of
from pro_service.domain.study.protocol import Carrier, NudgeProfile, Protocol

KIND_OF: Final[dict[Carrier, Kind]] = {"text": "phone", "email": "email"}


def kinds_at(protocol: Protocol, profile: NudgeProfile, ordinal: int) -> tuple[Kind, ...]:
    """The kinds of address a visit's reminder of this number (from 1) may go to, in their order."""
    named = carriers_of(protocol, profile)
    own = named[min(ordinal, len(named)) - 1]
    return tuple(dict.fromkeys(KIND_OF[one] for one in (own, *named)))


def carriers_of(protocol: Protocol, profile: NudgeProfile) -> tuple[Carrier, ...]:
    """What takes the reminders of this profile, in their order."""
    messaging = protocol.messaging
    return messaging.safety.by if profile == "safety" else messaging.by


def by_profile(
    facts: ParticipantFacts, protocol: Protocol, profile: NudgeProfile
) -> ParticipantFacts:
    """The facts for the question whether any reminder of a profile may reach the participant."""
    return facts.by(kinds_at(protocol, profile, 1))


def by_step(facts: ParticipantFacts, protocol: Protocol, now: datetime) -> ParticipantFacts:
    """The facts for the one message that all reminders due at `now` become.

    Where they name different carriers a text goes: it is read sooner.
    """
    if protocol.messaging.by == protocol.messaging.safety.by == ("text",):
        return facts
    each = (
        kinds_at(protocol, profile_of(visit, protocol), reminder.ordinal)
        for visit in facts.visits
        for reminder in visit.nudges_due(now)
    )
    return facts.by(_together(each) or facts.kinds)


def _together(each: Iterable[tuple[Kind, ...]]) -> tuple[Kind, ...]:
    named = list(each)
    first = sorted({kinds[0] for kinds in named}, key=lambda kind: kind != "phone")
    return tuple(dict.fromkeys([*first, *(kind for kinds in named for kind in kinds)]))
