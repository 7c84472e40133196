"""A number shown so that two can be told apart, and nobody can be rung."""

from __future__ import annotations

from typing import Final

from pro_service.domain.delivery.addresses import Kind
from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.phones import short_of
from pro_service.services.desk.person.staff_turns import StaffTurn
from pro_service.services.texting.composing import open_address
from pro_service.vault.vault import DataKeyMissingError, SealBrokenError

_MASK: Final = "··· ··"


def mask_of(context: ServiceContext, contact: ContactFacts) -> str:
    """The same of a contact; nothing of the number where the participant's key is gone."""
    try:
        return masked(open_address(context, contact), contact.kind)
    except (DataKeyMissingError, SealBrokenError):
        return _MASK


def mask_for(turn: StaffTurn, contact: ContactFacts) -> str:
    """The same in a form about a participant; nothing of the number of somebody restricted."""
    return _MASK if turn.place.restricted else mask_of(turn.hands.context, contact)


def masked(address: str, kind: Kind) -> str:
    """A telephone's number by its country's code and last two digits; any other by nothing."""
    return short_of(address) if kind == "phone" else _MASK
