"""Words of staff about a participant: sealed before they are written, opened for who may read them.

The words live in `pro.notes` alone. Wherever the record has room for them (an alert's action, a
call's outcome, a status's reason, the reason of an audit entry) stands a word of the program or a
reference, `note:<id>`:

| column | holds staff's words of | the program's words |
|---|---|---|
| alerts.action | desk: how it ended (before there were three steps: what was done) | none |
| alert_assessments.told | desk: what the participant was told | none |
| call_tasks.outcome | desk: `<outcome>: note:<id>`; CLI: confirm-number, event | `answered`, ... |
| messages.dealt_note | desk: what was done about a text of unknown fate | none |
| statuses.reason | desk: pause; both: event, status | `chosen on the participant's page` |
| events.reason | desk and CLI: event, enrol | `enrolled` |
| visits.superseded_reason | both: event, status; desk: day; CLI: protocol move | `enrolled` |
| visit_moves.reason | desk: one visit moved to another day | none |
| participant_protocols.reason | CLI: protocol move | `enrolled` |
| safety_ends.reason | desk and CLI: the safety follow-up ended | none |
| text_settlements.reason | desk: why nothing is needed, what was read | `courtesy`, ... |
| attempts.original, .apart_reason | desk: where a paper lies; why it is entered | none |
| entry_settlements.reason | desk: what a paper says that was typed differently | none |
| corrections.source, .reason | desk: a correction asked for | none |
| correction_wishes.said | nobody: words of participants, from their own page | none |
| correction_decisions.reason | desk: approved or refused | none |
| opt_outs.reason, .end_reason | desk and CLI: opt-out, opt-in | `keyword`, `wrong_number`, ... |
| cards.reason | desk and CLI: new card | `enrolled`, `first card` |
| contact_points.reason | desk and CLI: number, contact | none |
| consents.reason | desk and CLI: contact, consent given and taken back | none |
| restrictions.reason | desk and CLI: restrict | none |
| erasures.reason | desk and CLI: erase | none |
| number_showings.reason | desk: why numbers of somebody restricted were opened | none |
| preferences.reason | desk: language, way, hour | `chosen on the participant's page` |
| participant_sites (audit alone) | desk: another site | none |
| measurements.reason | desk and CLI: why corrected or out of range; a file's own words | none |
| remarks.said | desk: a note that stands for itself | none |
| audit_entries.reason, .changes | all of the above | all of the above |
| locks.reason, lock_lifts.reason | desk and CLI: of a participant or a visit | none |
| identities, participant_identifiers, responses: .reason | nobody | yes |

Not sealed, as they are about no participant: reasons of a rescoring, of a plan, of a version used
by a site and of memberships, of a data cut, of a file of measures, of locks of a site or a study;
names of sites and staff, licences of wording, labels of protocols.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Plan, T, Who, Write
from pro_service.store.base.notes import find_participant_key, give_note
from pro_service.store.connection import Connection, Guard, transaction
from pro_service.store.ids import new_id
from pro_service.store.notes import NoteRow, NoteSeen
from pro_service.vault.places import WORDS
from pro_service.vault.vault import DataKeyMissingError, SealBrokenError, Vault, WrappedKey

_REFERENCE: Final = re.compile(r"note:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z")


class KeyGoneError(ProServiceError):
    """The participant's key was destroyed: nothing more can be written down about them."""


def seal_words(vault: Vault, data_key: UUID, words: str) -> NoteRow:
    """Words as they are stored. The key must be open (`Vault.admit`)."""
    note_id = new_id()
    sealed = WORDS.seal(vault, words, data_key=data_key, row_id=note_id)
    return NoteRow(note_id, sealed.ciphertext, sealed.key)


def note_about(context: ServiceContext, facts: ParticipantFacts, words: str) -> NoteRow:
    """A note about the participant of these facts. Raises KeyGoneError."""
    if facts.data_key is None:
        raise KeyGoneError
    context.keys.admit(facts)
    return seal_words(context.keys.vault, facts.data_key.id, words)


async def give_words(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    participant_id: UUID,
    words: str,
) -> NoteRow:
    """Keep a note in the transaction under way, as its reason, for who reads no facts.

    Raises KeyGoneError.
    """
    key = await find_participant_key(connection, study_id, participant_id)
    if key is None:
        raise KeyGoneError
    context.keys.vault.admit(WrappedKey(*key))
    note = seal_words(context.keys.vault, key.id, words)
    await give_note(connection, study_id, participant_id, note)
    return note


def noted_in(text: str | None) -> UUID | None:
    """The note a text of the record refers to at its end; None for words of the program."""
    found = _REFERENCE.search(text or "")
    return None if found is None else UUID(found[1])


def open_note(vault: Vault, note: NoteSeen) -> str | None:
    """A note's words; None where its key is another site's or no longer there."""
    if note.key_id is None or note.wrapped is None or note.wrapping_key is None:
        return None
    vault.admit(WrappedKey(note.key_id, note.wrapped, note.wrapping_key))
    try:
        return WORDS.open(vault, note.words_sealed, key=note.words_key, row_id=note.id)
    except (DataKeyMissingError, SealBrokenError):
        return None


def reasoned(who: Who, note: NoteRow, plan: Plan[T]) -> Plan[T]:
    """The plan with a note that is kept in the same transaction, as the reason of all it writes."""
    write = plan.write
    return plan if write is None else replace(plan, write=with_note(who, note, write))


def with_note(who: Who, note: NoteRow | None, write: Write) -> Write:
    """A write in a transaction of its own that keeps the note first, signed as the turn says."""
    if who.signing is not None:
        return who.signing(note, write)
    if note is None:
        return write

    async def write_noted(connection: Connection, guard: Guard) -> object:
        async with transaction(connection) as lent:
            await give_note(lent, guard.study_id, guard.participant_id, note)
            return await write(lent, guard)

    return write_noted
