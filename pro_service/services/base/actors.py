"""Who writes, as the record names them."""

from __future__ import annotations

from typing import Final

from pro_service.domain.study.facts import ParticipantFacts

WORKER: Final = "service:worker"
"""Periodic work: reminding, sending, closing, calling."""
_STAFF: Final = "staff:"


def participant_actor(facts: ParticipantFacts) -> str:
    """A participant, by their code in the study."""
    return f"participant:{facts.code}"


def provider_actor(name: str) -> str:
    """A provider of messages: what came in by it, what it says of a text."""
    return f"provider:{name}"


def staff_actor(login: str) -> str:
    """A member of staff."""
    return f"{_STAFF}{login}"


def staff_login(actor: str) -> str:
    """The login of a member of staff, from how the record names them."""
    return actor.removeprefix(_STAFF)
