"""A participant erased (R17): the key is destroyed, and what was sealed under it is nobody's.

One person asks and another does it within seven days (R15). What outlives the key (the words behind
alerts and adverse events, and why somebody was erased) is sealed anew under the study's key, for
the same place, so that it opens wherever it did. The rest of the record stays as it was: nothing of
it is deleted, and the audit verifies as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.erasing import (
    AskedErasure,
    ErasureRefusal,
    ErasureRefusedError,
    Ground,
    Standing,
    demand_erasable,
    demand_ground,
    erases_now,
    status_of_erasure,
)
from pro_service.domain.locks import Asked
from pro_service.domain.study.facts import ParticipantFacts, Status
from pro_service.domain.study.follow_up.safety_floor import safety_runs
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.statuses import standing
from pro_service.domain.study.times import local_day, zone
from pro_service.services.base.notes import note_about, reasoned
from pro_service.services.base.turns import (
    Plan,
    Who,
    Write,
    one_after_the_other,
    turn,
    writing,
)
from pro_service.services.visits.certificate import (
    Certificate,
    CertificateFacts,
    Signer,
    write_certificate,
)
from pro_service.services.visits.scheduling import News, plan_change
from pro_service.store.connection import Connection, Guard
from pro_service.store.ids import made_at, new_id
from pro_service.store.notes import NoteRow
from pro_service.store.visits import erasures as store
from pro_service.store.visits import schedule
from pro_service.store.visits.erasures import BackupKept, ErasureSeen, ErasureWrite
from pro_service.store.writes import ErasureRow, KeptWordsRow
from pro_service.vault.places import INBOUND_BODY, WORDS, SealedColumn

_PLACES: Final[dict[str, SealedColumn]] = {"note": WORDS, "inbound": INBOUND_BODY}
LONGEST_NAME: Final = 120


@dataclass(frozen=True)
class ErasureWish:
    """What somebody signs: that a participant is erased, on what ground, and why."""

    ground: Ground
    printed_name: str
    reason: str = field(repr=False)


class ErasureLook(NamedTuple):
    """What erasing would do, before anybody does it; nothing is changed."""

    seen: ErasureSeen
    facts: ParticipantFacts
    protocol: Protocol
    backups: Sequence[BackupKept]
    problem: ErasureRefusedError | None
    """Why nobody can be erased now, on whatever ground."""


async def look_at_erasure(who: Who) -> ErasureLook:
    """What would go and what would stay, and how far it has come."""
    connection = who.connection
    facts = await who.context.reader.facts(connection, who.study_id, who.participant_id)
    protocol = await who.context.reader.protocol(
        connection, who.study_id, facts.protocol_version_id
    )
    seen = await store.get_erasure(connection, who.study_id, who.participant_id)
    backups = await store.list_backups_kept(connection, made_at(new_id()).date())
    try:
        demand_erasable(_standing(seen, facts, protocol))
    except ErasureRefusedError as problem:
        return ErasureLook(seen, facts, protocol, backups, problem)
    return ErasureLook(seen, facts, protocol, backups, None)


async def sign_erasure(who: Who, wish: ErasureWish, *, actor: str) -> bool:
    """Sign that somebody is erased: they are, or (False) another person is asked to do it.

    Raises ErasureRefusedError, KeyGoneError, BusyError.
    """
    name = wish.printed_name.strip()[:LONGEST_NAME]
    if not name:
        raise ErasureRefusedError(ErasureRefusal.nameless, "A signature needs a name to print.")

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[bool]:
        look = await look_at_erasure(who)
        if look.problem is not None:
            raise look.problem
        seen = look.seen
        today = local_day(seen.now, zone(facts.zone))
        demand_ground(wish.ground, protocol.study.retain_until, today)
        erases = erases_now(asked_of(seen), wish.ground, actor, seen.now)
        note = note_about(who.context, facts, wish.reason)
        signer = Signer(name, actor, seen.now)
        if not erases:
            row = _row("asked", wish.ground, signer, note, None)
            write = writing(store.record_erasure, ErasureWrite([row]))
            return reasoned(who, note, Plan(result=False, write=write))
        asked = Signer(seen.asked_name or "", seen.asked_by or "", seen.asked_at or seen.now)
        write = await _erasing(who, look, wish.ground, [asked, signer], (note, wish.reason))
        return reasoned(who, note, Plan(result=True, write=write))

    return await turn(who, decide)


async def erase_again(who: Who, ground: Ground, *, actor: str, reason: str) -> bool:
    """Erase somebody again after a restore, as the journal says; False: they are erased here.

    Nothing is asked: two persons said so, and it was done. Raises BusyError.
    """

    async def decide(facts: ParticipantFacts, protocol: Protocol) -> Plan[bool]:
        look = await look_at_erasure(who)
        if look.seen.erased_at is not None or facts.data_key is None:
            return Plan(result=False)
        note = note_about(who.context, facts, reason)
        signer = Signer(actor, actor, look.seen.now)
        write = await _erasing(who, look, ground, [signer], (note, reason), again=True)
        return reasoned(who, note, Plan(result=True, write=write))

    return await turn(who, decide)


def asked_of(seen: ErasureSeen) -> AskedErasure | None:
    """Who asked last that somebody be erased."""
    if seen.asked_by is None or seen.asked_at is None or seen.asked_ground is None:
        return None
    return AskedErasure(Asked(seen.asked_by, seen.asked_at), Ground(seen.asked_ground))


def _standing(seen: ErasureSeen, facts: ParticipantFacts, protocol: Protocol) -> Standing:
    return Standing(
        restricted=seen.restricted,
        erased=seen.erased_at is not None,
        safety_runs=safety_runs(facts, protocol, facts.now),
        open_alerts=seen.counts.open_alerts,
    )


async def _erasing(
    who: Who,
    look: ErasureLook,
    ground: Ground,
    signers: list[Signer],
    told: tuple[NoteRow, str],
    *,
    again: bool = False,
) -> Write:
    """The write of it: what outlives the key, the status that flags what stays, and the key."""
    facts, (note, reason) = look.facts, told
    before = standing(facts.statuses, facts.now, facts.events).status
    status = status_of_erasure(ground, before)
    certificate = _certificate(look, ground, signers, flagged=status is not None, again=again)
    row = _row("again" if again else "erased", ground, signers[-1], note, certificate)
    kept = await _kept_words(who, facts, row.actor)
    kept.append(await _kept_anew(who, facts, ("note", note.id, reason), row.actor))
    steps = [writing(store.record_erasure, ErasureWrite([row], kept))]
    if status is not None:
        news = News(row.actor, note.reference, statuses=(status,))
        change = await plan_change(who.connection, facts, look.protocol, news)
        steps.append(writing(schedule.write_schedule, change.document))
    write = one_after_the_other(steps)

    async def write_and_destroy(lent: Connection, guard: Guard) -> None:
        await write(lent, guard)
        key_id = await store.destroy_key(lent, guard)
        if key_id is not None:
            # What is not committed is opened again from its row.
            who.context.keys.vault.forget(key_id)

    return write_and_destroy


def _certificate(
    look: ErasureLook, ground: Ground, signers: list[Signer], *, flagged: bool, again: bool
) -> Certificate:
    facts = look.facts
    before = standing(facts.statuses, facts.now, facts.events).status
    # The reason of the very erasure is a note that is kept as well.
    counts = look.seen.counts._replace(kept=look.seen.counts.kept + 1)
    return write_certificate(
        CertificateFacts(
            look.protocol.study.code,
            facts.code,
            ground,
            signers,
            again,
            counts,
            look.protocol.study.retain_until,
            flagged or before is Status.withdrew_data_use,
            look.backups,
            made_at(new_id()),
        )
    )


def _row(
    step: str, ground: Ground, signer: Signer, note: NoteRow, certificate: Certificate | None
) -> ErasureRow:
    return ErasureRow(
        id=new_id(),
        step=step,
        ground=ground,
        printed_name=signer.printed_name,
        certificate=None if certificate is None else certificate.text,
        certificate_sha256=None if certificate is None else certificate.sha256,
        actor=signer.actor,
        reason=note.reference,
    )


async def _kept_words(who: Who, facts: ParticipantFacts, actor: str) -> list[KeptWordsRow]:
    """What outlives the key, opened with it and sealed under the study's."""
    who.context.keys.admit(facts)
    vault = who.context.keys.vault
    found = await store.list_words_to_keep(who.connection, facts.study_id, facts.id)
    kept = []
    for one in found:
        place = _PLACES[one.source]
        said = place.open(vault, one.words_sealed, key=one.words_key, row_id=one.id)
        kept.append(await _kept_anew(who, facts, (one.source, one.id, said), actor))
    return kept


async def _kept_anew(
    who: Who, facts: ParticipantFacts, words: tuple[str, UUID, str], actor: str
) -> KeptWordsRow:
    source, row_id, said = words
    key = await who.context.keys.study_key(who.connection, facts.study_id)
    sealed = _PLACES[source].seal(who.context.keys.vault, said, data_key=key, row_id=row_id)
    return KeptWordsRow(
        id=row_id,
        source=source,
        words_sealed=sealed.ciphertext,
        words_key=sealed.key,
        actor=actor,
    )
