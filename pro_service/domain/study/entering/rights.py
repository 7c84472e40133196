"""Who may type in what a participant said or wrote (rule R6 of the trial)."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from pro_service.domain.study.permissions import Role
from pro_service.domain.study.protocol import Protocol


class Duty(StrEnum):
    """A task in the trial that keeps somebody from entering answers, whatever their role."""

    injects = "injects"
    """Gives the injection, or hands it out."""
    rates = "rates"
    """Rates what the answers are compared with: images, a clinical score."""
    knows_allocation = "knows_allocation"
    """Knows who was given what."""


_DUTY_OF_ROLE = {Role.reader: Duty.rates, Role.allocation_holder: Duty.knows_allocation}
"""Roles that are such a task by themselves, at whatever site they are held."""


def may_enter(
    protocol: Protocol, here: Collection[str], anywhere: Collection[str], duties: Collection[Duty]
) -> bool:
    """Tell whether somebody may enter answers of a participant.

    `here` are their roles at the participant's site, `anywhere` all their roles in the study: who
    rates or knows the allocation elsewhere enters nowhere. A protocol that does not say who enters
    lets nobody.
    """
    entry = protocol.coming.entry
    if entry is None or not any(role in entry.roles for role in here):
        return False
    held = {*duties, *(duty for role, duty in _DUTY_OF_ROLE.items() if role in anywhere)}
    return not any(duty in entry.never for duty in held)
