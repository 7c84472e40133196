"""A participant's record, signed by an investigator of their site (21 CFR 11.50, 11.70, 11.200).

What is signed is shown first, with its hash; whoever signs proves anew who they are, and what they
sign is what they saw: the form brings the hash, and where the record moved on nothing is signed.
Never by somebody who may not see answers, for they would sign what they have not reviewed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.signatures import FORMAT, MEANINGS, SignedContent, content_sha256
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.permissions import Action
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.signing import (
    Verified,
    covered,
    read_content,
    verify_signatures,
)
from pro_service.services.base.turns import Plan, Who, turn, writing
from pro_service.services.desk.account.proving import Proof, prove_again
from pro_service.services.desk.actions import Hands, find_place
from pro_service.services.desk.seat import NotAllowedError, NotHereError, Seat, at_desk, signed
from pro_service.services.desk.sign_in import Whence
from pro_service.services.desk.today import list_sites, read_frame
from pro_service.services.study import Passwords
from pro_service.store.connection import Connection
from pro_service.store.desk import corrections
from pro_service.store.desk.desk import DeskSite
from pro_service.store.desk.frame import Frame
from pro_service.store.ids import new_id
from pro_service.store.record import signatures as store
from pro_service.store.record.locks import LockedVisit, list_locked_visits
from pro_service.store.record.signatures import (
    PersonToSign,
    SignatureRow,
    SignatureWrite,
    VoidSignatures,
)

SIGN: Final = Action.sign_record
LONGEST_NAME: Final = 120
MOST_TO_SIGN: Final = 200
"""Participants on the list of what can be signed; how many visits wait stands above it."""
MOST_COUNTED: Final = 100
"""So far visits are counted that wait: of a large study that is still to be signed, nobody asks how
many there are, and counting them all is no page's work."""


class SigningRefusedError(ProServiceError):
    """This cannot be signed so; its word says for what reason."""


@dataclass(frozen=True)
class SignWish:
    """What a form signs."""

    visit_id: UUID | None
    """None: every visit that has closed."""
    seen_sha256: str
    """The hash of what was shown."""
    meaning: str
    printed_name: str
    proof: Proof = field(repr=False)


class SigningRoom(NamedTuple):
    """What can be signed of a participant, and what was."""

    facts: ParticipantFacts
    protocol: Protocol
    content: SignedContent
    """Every visit that has closed, as it stands."""
    verified: Sequence[Verified]
    open_queries: int
    """Data queries about the participant that nobody has closed."""
    frame: Frame


class ToSignCount(NamedTuple):
    """How many visits can be signed and were not, and how many signatures are void."""

    visits: int
    """One more than `MOST_COUNTED`: there are more."""
    void: int


class ToSign(NamedTuple):
    """What can be signed at the sites where somebody may sign."""

    people: Sequence[PersonToSign]
    visits: int
    """One more than `MOST_COUNTED`: there are more."""
    void: Sequence[VoidSignatures]
    """Whose signatures are void: they are signed again, or not."""
    sites: Sequence[DeskSite]
    frame: Frame


async def look_at_signing(hands: Hands, code: str) -> SigningRoom:
    """What can be signed, and the signatures there are. Raises NotHereError, NotAllowedError."""
    who = await _find(hands, code)
    facts = await who.context.reader.facts(who.connection, who.study_id, who.participant_id)
    protocol = await who.context.reader.protocol(
        who.connection, who.study_id, facts.protocol_version_id
    )
    place = (who.connection, who.study_id, who.participant_id)
    content = await read_content(*place, facts.now)
    made = await store.list_signatures(*place, facts.now)
    verified = await verify_signatures(who.connection, who.study_id, made, facts.now)
    async with at_desk(hands.desk, hands.seat) as connection:
        queries = await store.count_open_queries(connection, who.study_id, facts.id)
        frame = await read_frame(connection, who.study_id)
    return SigningRoom(facts, protocol, content, verified, queries, frame)


async def sign(
    hands: Hands, passwords: Passwords, code: str, wish: SignWish, whence: Whence
) -> None:
    """Sign what was shown, once whoever signs has proven anew who they are.

    Raises NotHereError, NotAllowedError, SigningRefusedError, ProofRefusedError,
    SecondStepError, SignInThrottledError.
    """
    who = await _find(hands, code)
    name = " ".join(wish.printed_name.split())[:LONGEST_NAME]
    if not name:
        raise SigningRefusedError("A signature needs a name to print.", word="name")
    keys = hands.context.keys
    await prove_again(hands.desk, passwords, keys, hands.seat, wish.proof, whence)

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[None]:
        if wish.meaning not in meanings_of(protocol):
            raise SigningRefusedError("A signature needs a meaning of the list.", word="meaning")
        content = covered(
            await read_content(who.connection, who.study_id, who.participant_id, facts.now),
            wish.visit_id,
        )
        if not content.visits:
            raise NotHereError
        sha256 = content_sha256(content)
        if sha256 != wish.seen_sha256:
            raise SigningRefusedError("The record has changed since it was shown.", word="changed")
        row = SignatureRow(
            id=new_id(),
            visit_id=wish.visit_id,
            format=FORMAT,
            content_sha256=sha256,
            meaning=wish.meaning,
            printed_name=name,
            signed_at=facts.now,
            actor=hands.seat.actor,
        )
        write = writing(store.record_signature, SignatureWrite([row]))
        return Plan(None, signed(hands.seat, SIGN, None, write))

    await turn(who, decide)


def meanings_of(protocol: Protocol) -> tuple[str, ...]:
    """What a signature may mean: what the protocol says in its own words, else the default."""
    return tuple(one.id for one in protocol.coming.signature_meaning) or MEANINGS


class Bound(NamedTuple):
    """What binds a participant's record, as it is seen from a seat."""

    verified: Sequence[Verified]
    locked: Sequence[LockedVisit]


async def read_bound(
    hands: Hands, connection: Connection, participant_id: UUID, now: datetime
) -> Bound:
    """The signatures about a participant, whether they stand, and the visits that are locked.

    `connection` is one of the desk's; whether they stand is computed by the rules, which see all.
    """
    study_id = hands.seat.study_id
    made = await store.list_signatures(connection, study_id, participant_id, now)
    locked = await list_locked_visits(connection, study_id, participant_id)
    return Bound(await verify_signatures(hands.clerk, study_id, made, now), locked)


async def count_to_sign(connection: Connection, seat: Seat) -> ToSignCount:
    """Visits that can be signed where this seat may sign, and signatures that are void there.

    In the desk's transaction.
    """
    sites = _signs_at(seat)
    if not sites:
        return ToSignCount(0, 0)
    place = (connection, seat.study_id, sites)
    visits = await store.count_visits_to_sign(*place, MOST_COUNTED + 1)
    return ToSignCount(visits, await store.count_void_signatures(*place))


async def list_to_sign(hands: Hands) -> ToSign:
    """Whose visits can be signed where this seat may sign, the longest waiting first."""
    seat = hands.seat
    async with at_desk(hands.desk, seat) as connection:
        sites = _signs_at(seat)
        place = (connection, seat.study_id, sites)
        people = await store.list_people_to_sign(*place, MOST_TO_SIGN)
        visits = await store.count_visits_to_sign(*place, MOST_COUNTED + 1)
        void = await store.list_void_signatures(*place)
        shown = await list_sites(connection, seat.study_id)
        frame = await read_frame(connection, seat.study_id)
        return ToSign(people, visits, void, shown, frame)


def _signs_at(seat: Seat) -> list[UUID]:
    return sorted({one.site_id for one in seat.staff.assignments if seat.may(SIGN, one.site_id)})


async def _find(hands: Hands, code: str) -> Who:
    """The turn of a participant whose record this seat may sign.

    Raises NotHereError, NotAllowedError.
    """
    who = hands.turn_of(await find_place(hands, code, SIGN))
    async with at_desk(hands.desk, hands.seat) as connection:
        if not await corrections.may_read_answers(connection, who.study_id, who.participant_id):
            raise NotAllowedError
    return who
