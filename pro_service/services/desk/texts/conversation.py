"""A conversation as it was said: both sides in order, opened for who may read each text (R6).

A text that became an answer is shown to a role that may not see answers as which question it
answered, without its words; ours are shown in the words that went out, without the token of a link,
for whoever holds that can answer with it. Of somebody restricted no words are shown (R17): what
somebody must still read is opened in a room of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.services.base.context import ServiceContext
from pro_service.services.base.notes import noted_in, open_note
from pro_service.store.connection import Connection
from pro_service.store.desk import texts as store
from pro_service.store.desk.texts import AnsweredQuestion, TextSeen, ThreadInbound, ThreadMessage
from pro_service.vault import places
from pro_service.vault.places import SealedColumn
from pro_service.vault.vault import DataKeyMissingError, SealBrokenError, WrappedKey

MOST_TEXTS: Final = 200
"""Of each side; what is older stands in the record below."""
_TOKEN: Final = re.compile(r"(/q/)[A-Za-z0-9]{8,}")
_MAY_HOLD_ANSWERS: Final = frozenset({"answer", "unknown"})
"""Texts of these kinds are, or look like, answers: blinded with them."""


class Said(NamedTuple):
    """One text of a conversation."""

    at: datetime
    ours: ThreadMessage | None
    theirs: ThreadInbound | None
    words: str | None
    """None: hidden from this reader (`hidden`), or not to be opened here."""
    hidden: bool
    answered: Sequence[AnsweredQuestion] = ()
    """Which questions it answered."""
    note: str | None = None
    """What staff wrote as they settled it; None: nothing, or not to be opened here."""
    restricted: bool = False
    """Nobody is shown its words, for the participant is restricted."""


class Conversation(NamedTuple):
    """What was said, oldest first; `older`: there is more than is shown."""

    said: Sequence[Said]
    older: bool


def may_open(disposition: str, kind: str | None, *, answers_open: bool) -> bool:
    """Whether a text's words may be read: those of an answer only by who may see answers."""
    return answers_open or (disposition not in _MAY_HOLD_ANSWERS and kind != "answer")


async def read_conversation(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    people: Sequence[UUID],
    line_id: UUID | None = None,
) -> Conversation:
    """The conversation with these participants, and what is nobody's on a line of theirs.

    Within `at_desk`, so that row-level security decides what is in it.
    """
    ours = await store.list_thread_messages(connection, study_id, people, MOST_TEXTS)
    theirs = await store.list_thread_inbounds(connection, study_id, people, line_id, MOST_TEXTS)
    ids = [one.id for one in theirs]
    answered = await store.list_answers_in_texts(connection, study_id, ids) if ids else {}
    notes = await read_notes(connection, context, study_id, ids)
    said = [_ours(context, one) for one in ours]
    said += [_theirs(context, one, answered.get(one.id, ()), notes) for one in theirs]
    older = MOST_TEXTS in (len(ours), len(theirs))
    # A reply in a webhook's answer is stored with the text it answers, in one instant.
    return Conversation(sorted(said, key=lambda one: (one.at, one.ours is not None)), older)


def _ours(context: ServiceContext, one: ThreadMessage) -> Said:
    if one.restricted:
        return Said(one.at, one, None, None, hidden=False, restricted=True)
    body = open_sealed(context, places.MESSAGE_BODY, one)
    words = None if body is None else _TOKEN.sub(r"\1…", body)
    return Said(one.at, one, None, words, hidden=False)


def _theirs(
    context: ServiceContext,
    one: ThreadInbound,
    answered: Sequence[AnsweredQuestion],
    notes: Mapping[UUID, str | None],
) -> Said:
    kind = "answer" if answered else one.kind
    opens = may_open(one.disposition, kind, answers_open=one.answers_open)
    shows = opens and not one.restricted
    words = open_sealed(context, places.INBOUND_BODY, one) if shows else None
    noted = noted_in(one.reason)
    note = None if noted is None else notes.get(noted)
    return Said(one.received_at, None, one, words, not opens, answered, note, one.restricted)


async def read_notes(
    connection: Connection, context: ServiceContext, study_id: UUID, ids: Sequence[UUID]
) -> Mapping[UUID, str | None]:
    """What staff wrote as they settled texts, opened, by note."""
    rows = await store.list_settling_notes(connection, study_id, ids) if ids else []
    return {one.id: open_note(context.keys.vault, one) for one in rows}


def open_sealed(
    context: ServiceContext,
    column: SealedColumn,
    row: ThreadMessage | ThreadInbound | TextSeen,
) -> str | None:
    """A row's words; None where their key is another site's or no longer there."""
    vault = context.keys.vault
    if row.key_id is None or row.wrapped is None or row.wrapping_key is None:
        return None
    vault.admit(WrappedKey(row.key_id, row.wrapped, row.wrapping_key))
    try:
        return column.open(vault, row.body_sealed, key=row.body_key, row_id=row.id)
    except (DataKeyMissingError, SealBrokenError):
        return None
