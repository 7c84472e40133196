"""A number shown so that two can be told apart, and nobody can be rung."""

from __future__ import annotations

from typing import Final

from pro_service.domain.delivery.addresses import Kind
from pro_service.domain.delivery.contacts import ContactFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.desk.person.staff_turns import StaffTurn
from pro_service.services.texting.composing import open_address
from pro_service.vault.vault import DataKeyMissingError, SealBrokenError

_SHOWN: Final = 2
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
    """The last two digits of a telephone's number; of any other address nothing."""
    return f"{_MASK}{address[-_SHOWN:]}" if kind == "phone" else _MASK
