"""A contact as it is stored, and found again by its id, or by its place in the order."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias
from uuid import UUID

from pro_service.domain.delivery.addresses import Address
from pro_service.domain.delivery.contacts import Agreed, ContactFacts, ContactRelation
from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import BusyError
from pro_service.store.ids import new_id
from pro_service.store.texting.numbers import NewContactRow
from pro_service.vault import places

Which: TypeAlias = int | UUID
"""A contact by its id, as forms name it; or by its place now, as commands do."""


class NoContactError(ProServiceError):
    """The participant has no such contact."""


class NewContact(NamedTuple):
    """A person at a place of the order; `agreed` is theirs, None for the participant's own."""

    relation: ContactRelation
    ordinal: int
    agreed: Agreed | None


def find_contact(facts: ParticipantFacts, which: Which | None) -> ContactFacts:
    """The contact that is named, the first one for None. Raises NoContactError.

    A place is another contact's once the order changes: what was shown and is sent back, as a form
    is, names the contact by its id.
    """
    each = [one for one, _ in facts.reach.each]
    found = each[:1] if which is None else [one for one in each if which in (one.id, one.ordinal)]
    if not found:
        known = ", ".join(str(one.ordinal) for one in each) or "none"
        raise NoContactError(mend=f"{facts.code} has these: {known}.")
    return found[0]


def contact_row(
    context: ServiceContext,
    facts: ParticipantFacts,
    address: Address,
    new: NewContact,
    *,
    actor: str,
    reason: str,
) -> NewContactRow:
    """A new contact, its address sealed under the participant's key. Raises BusyError."""
    if facts.data_key is None:
        raise BusyError("The participant has no data key.")
    vault, contact_id = context.keys.vault, new_id()
    sealed = places.NUMBER.seal(vault, address.value, data_key=facts.data_key.id, row_id=contact_id)
    agreed = new.agreed
    return NewContactRow(
        id=contact_id,
        kind=address.kind,
        whose=new.relation,
        address_sealed=sealed.ciphertext,
        address_key=sealed.key,
        blind_index=vault.blind_index(address),
        index_key=vault.index_key_id,
        tail_index=vault.tail_index(address),
        ordinal=new.ordinal,
        may_be_texted=None if agreed is None else agreed.may_be_texted,
        may_be_told=None if agreed is None else agreed.may_be_told,
        agreed_on=None if agreed is None else agreed.agreed_on,
        actor=actor,
        reason=reason,
    )
