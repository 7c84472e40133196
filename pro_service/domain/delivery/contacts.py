"""Whom a participant is reached by: contacts in order, each a person, and which of them is texted.

Rule R25: a contact is a person with a relation, whose telephone it is, and their own consent to be
texted and told. Nobody who has not agreed is texted, and what silences one of them leaves the
others as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, NamedTuple, get_args
from uuid import UUID

from pro_service.domain.delivery.addresses import Kind
from pro_service.domain.record import Record

ContactRelation = Literal["self", "spouse", "child", "caregiver", "other"]
"""Whose telephone it is, said as what its owner is to the participant."""
RELATIONS: Final[tuple[ContactRelation, ...]] = get_args(ContactRelation)
TEXTED: Final[tuple[Kind, ...]] = ("phone",)
"""The kinds of address a text message can go to."""
WRITTEN: Final[tuple[Kind, ...]] = ("phone", "email")
"""The kinds of address a protocol may name for its reminders."""


class ConsentFacts(Record):
    """The consent in force: what the participant agreed to, and when it was signed."""

    version: str
    signed_on: date
    messages: bool
    """Texts to the participant's own telephone."""
    cross_border: bool = False
    caregiver: bool = False
    """Texts about the participant to somebody else, who must agree as well."""


class ContactState(Record):
    """Somebody a participant is reached by, without the address: who, and what silences it."""

    id: UUID
    ordinal: int = 1
    kind: Kind = "phone"
    relation: ContactRelation = "self"
    confirmed: bool = True
    """False: given later than enrolment, and nobody has confirmed yet whose it is."""
    may_be_texted: bool = False
    """Whether this person agreed to texts; the participant's own contact follows their consent."""
    wrong: bool = False
    """It turned out to be somebody else's."""
    bad: bool = False
    """A provider says that nothing reaches it, and staff have not closed the call about it."""
    opted_out_at: datetime | None = None
    """Since when this address asked for no texts; None: it did not."""

    @property
    def is_own(self) -> bool:
        """Whether it is the participant's own telephone."""
        return self.relation == "self"

    @property
    def is_usable(self) -> bool:
        """Whether texts could go there if nobody minded: confirmed, and not somebody else's."""
        return self.kind in TEXTED and self.is_theirs

    @property
    def is_theirs(self) -> bool:
        """Whether it is known to be this person's: confirmed, and not somebody else's."""
        return self.confirmed and not self.wrong


class ContactFacts(ContactState):
    """The same with the address: sealed, and found by its index."""

    address_sealed: str
    """Hex of the AES-256-GCM ciphertext; opened by the vault, never in the domain."""
    address_key: str
    blind_index: str
    may_be_told: bool = False
    """Whether this person agreed to be told about the participant, on the telephone say."""
    agreed_on: date | None = None
    """When this person signed what they agreed to."""
    shared_with: int = 0
    """How many other participants of the study now use the same address."""
    texts_today: int = 0
    """Reminder texts that went to the address on the participant's present local day."""

    @property
    def names_code(self) -> bool:
        """Whether a text there must say whose it is: others use it, or it is somebody else's."""
        return self.shared_with > 0 or not self.is_own


class Agreed(NamedTuple):
    """What another person than the participant agreed to, as they signed."""

    may_be_texted: bool
    may_be_told: bool
    agreed_on: date | None
    """None: they agreed to nothing."""


class WhyNot(StrEnum):
    """Why no text goes to a contact; the words are those of reasons why reminders end."""

    no_number = "no_number"
    """There is none, or none of a kind that texts can go to."""
    no_consent = "no_consent"
    """The participant, or the person whose telephone it is, has not agreed."""
    number_unconfirmed = "number_unconfirmed"
    wrong_number = "wrong_number"
    opted_out = "opted_out"
    bad_number = "bad_number"


class Reach(NamedTuple):
    """Who is texted, and for each contact in order why not them (None: they may be)."""

    contact: ContactFacts | None
    """The first in order who may be texted."""
    each: tuple[tuple[ContactFacts, WhyNot | None], ...]
    why_not: WhyNot | None
    """Why nobody is: the first contact's reason. None: somebody is."""


def in_order(contacts: Iterable[ContactFacts]) -> tuple[ContactFacts, ...]:
    """The contacts in the order they are tried."""
    every = tuple(contacts)
    if len(every) <= 1:  # Nearly everybody has one, and this is asked at every turn.
        return every
    return tuple(sorted(every, key=lambda one: (one.ordinal, one.id)))


def reach(
    contacts: Sequence[ContactFacts],
    consent: ConsentFacts | None,
    kinds: Sequence[Kind] = TEXTED,
) -> Reach:
    """Say who is texted now: the first contact in order who may be. Never one who may not.

    `kinds` are tried in their order: any contact of the first goes before those of the next.
    """
    silent = silent_by_text(contacts)
    each = tuple([(one, why_not_now(one, consent, kinds, silent)) for one in in_order(contacts)])
    for kind in kinds:
        for one, reason in each:
            if reason is None and one.kind == kind:
                return Reach(one, each, None)
    if each:
        return Reach(None, each, each[0][1])
    nothing_agreed = consent is None or not (consent.messages or consent.caregiver)
    return Reach(None, each, WhyNot.no_consent if nothing_agreed else WhyNot.no_number)


def first_able(found: Reach, kinds: Sequence[Kind]) -> ContactFacts | None:
    """The first contact that would be written to but for what holds it back: of these kinds,
    confirmed, and not known to be somebody else's."""
    able = [one for one, _ in found.each if one.is_theirs and one.kind in kinds]
    return min(able, key=lambda one: kinds.index(one.kind), default=None)


def silent_by_text(contacts: Iterable[ContactState]) -> frozenset[ContactRelation]:
    """Who said STOP from a telephone of theirs: it means their other addresses as well."""
    return frozenset(one.relation for one in contacts if one.kind == "phone" and one.opted_out_at)


def why_not_now(
    contact: ContactState,
    consent: ConsentFacts | None,
    kinds: Collection[Kind],
    silent: Collection[ContactRelation],
) -> WhyNot | None:
    """The same as `why_not`, beside a person's other addresses: a STOP by text means them all."""
    reason = why_not(contact, consent, kinds)
    by_text = contact.kind != "phone" and contact.relation in silent
    return WhyNot.opted_out if reason is None and by_text else reason


def why_not(
    contact: ContactState, consent: ConsentFacts | None, kinds: Collection[Kind] = TEXTED
) -> WhyNot | None:
    """Say why no text may go to a contact; None if it may."""
    if contact.kind not in kinds:
        return WhyNot.no_number
    if not has_agreed(contact, consent):
        return WhyNot.no_consent
    if contact.wrong:
        return WhyNot.wrong_number
    if not contact.confirmed:
        return WhyNot.number_unconfirmed
    if contact.opted_out_at is not None:
        return WhyNot.opted_out
    return WhyNot.bad_number if contact.bad else None


def has_agreed(contact: ContactState, consent: ConsentFacts | None) -> bool:
    """Tell whether texts to a contact were agreed to.

    To the participant's own telephone by the participant; to another person's by the participant,
    as contact with a caregiver, and by that person.
    """
    if consent is None:
        return False
    if contact.is_own:
        return consent.messages
    return consent.caregiver and contact.may_be_texted
