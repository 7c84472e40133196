"""Lists of reads, handed out: pseudonyms in an order drawn by lot, and nothing else (R19).

Each reader has lists of their own, with pseudonyms of their own. The rule by which readers who
differ are settled must stand before: it is kept with the list, and a later protocol changes it for
later lists alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.catalog.measure_files import definition_hash
from pro_service.domain.errors import ProServiceError
from pro_service.domain.measures.model import Measure
from pro_service.domain.measures.reading import (
    PSEUDONYM_ALPHABET,
    PSEUDONYM_LENGTH,
    draw_order,
    to_settle,
)
from pro_service.domain.measures.values import ReadersRule
from pro_service.domain.study.permissions import Role
from pro_service.services.base.context import ServiceContext
from pro_service.store.connection import Connection, transaction
from pro_service.store.ids import new_id
from pro_service.store.measuring import reads as store
from pro_service.store.measuring.reads import KeyLine, ListRow, Purpose
from pro_service.tables import csv_text

_SEED_BITS: Final = 63


class ReadListError(ProServiceError):
    """No list can be handed out so."""


class HandOut(NamedTuple):
    """What is to be handed out, to whom, by whom."""

    measure: str
    reader: str
    """Their login."""
    actor: str


class Listed(NamedTuple):
    """A list that was handed out."""

    id: UUID
    items: Sequence[tuple[str, int]]
    """Pseudonym and sequence."""
    exams: int


class _Rule(NamedTuple):
    readers_rule: ReadersRule
    differs_beyond: Decimal | None


async def hand_out(
    connection: Connection, context: ServiceContext, study_id: UUID, wish: HandOut
) -> Listed:
    """Hand a reader all exams at which the protocol takes the measure and that they have not got.

    Raises ReadListError, UnknownStudyError.
    """
    measure = await _demand(connection, context, study_id, wish)
    exams, rules = [], set()
    for exam in await store.list_exams_to_read(connection, study_id, measure.id, wish.reader):
        protocol = await context.reader.protocol(connection, study_id, exam.protocol_version_id)
        measuring = protocol.coming.measures
        if measuring is not None and measure.id in measuring.taken_at(exam.definition):
            exams.append(exam.id)
            rules.add(_Rule(measuring.readers_rule, measuring.differs_beyond.get(measure.id)))
    if not exams:
        raise ReadListError(
            f"{wish.reader} has no exam left to read for {measure.id}.",
            mend="Bring exams with `reads exams FILE`.",
            word="none_left",
        )
    (rule, *others) = rules
    if others:
        raise ReadListError(
            "The protocols of these participants settle reads by different rules.",
            mend="Move the participants to one version first.",
            word="rules_differ",
        )
    if rule.readers_rule == "adjudicated" and rule.differs_beyond is None:
        raise ReadListError(
            "The rule of adjudication must stand before the first read, and has no threshold.",
            mend=f"Load a protocol that names {measure.id} in [measures.differs_beyond].",
            word="no_threshold",
        )
    await _demand_same_rule(connection, study_id, measure, rule)
    return await _list(connection, study_id, wish, measure, exams, rule, "read")


async def hand_out_to_settle(
    connection: Connection, context: ServiceContext, study_id: UUID, wish: HandOut
) -> Listed:
    """Hand another reader the exams about which readers differ by more than the rule allows.

    Those handed out to be settled before are not handed out again. Raises ReadListError.
    """
    measure = await _demand(connection, context, study_id, wish)
    lists = await store.list_read_lists(connection, study_id, measure.id)
    reading = [one for one in lists if one.purpose == "read"]
    if not reading or reading[0].readers_rule != "adjudicated":
        raise ReadListError(
            "The lists of this measure are not settled by adjudication.", word="not_adjudicated"
        )
    if wish.reader in {one.reader for one in reading}:
        raise ReadListError(
            f"{wish.reader} has read for {measure.id} and cannot settle it.",
            mend="Name another reader.",
            word="has_read",
        )
    beyond = reading[0].differs_beyond or Decimal(0)
    before = {exam for one in lists if one.purpose == "adjudication" for exam in one.exams}
    given = await store.list_given_reads(connection, study_id, measure.id)
    first = [one for purpose, one in given if purpose == "read"]
    exams = [one for one in to_settle(first, beyond) if one not in before]
    if not exams:
        raise ReadListError(
            f"No reads of {measure.id} lie further apart than {beyond:f}.", word="none_apart"
        )
    rule = _Rule("adjudicated", beyond)
    return await _list(connection, study_id, wish, measure, exams, rule, "adjudication")


def list_table(items: Sequence[tuple[str, int]]) -> str:
    """What a reader gets, as CSV: pseudonym and sequence, and no column more."""
    return csv_text([("pseudonym", "sequence"), *items])


async def key_table(connection: Connection, study_id: UUID, list_id: UUID) -> str:
    """Which exam each pseudonym is, as CSV, for whoever puts pseudonyms on images; no reader."""
    lines = await store.list_read_keys(connection, study_id, list_id)
    rows = [(*line[:4], line.measured_on.isoformat(), line.study_uid or "") for line in lines]
    return csv_text([KeyLine._fields, *rows])


async def _demand(
    connection: Connection, context: ServiceContext, study_id: UUID, wish: HandOut
) -> Measure:
    """The measure, if it is of images and whoever reads is blind. Raises ReadListError."""
    measure = context.catalogue.measures.get(wish.measure)
    if measure is None:
        raise ReadListError(
            f"{wish.measure} is no known measure.", mend="See `measure list`.", word="unknown"
        )
    if measure.modality != "imaging" or measure.per != "knee":
        raise ReadListError(f"{wish.measure} is not read from images of a knee.", word="no_images")
    roles = await store.list_roles_of_reader(connection, study_id, wish.reader)
    if roles != {Role.reader}:
        raise ReadListError(
            f"{wish.reader} is no reader of this study, or is more than a reader.",
            mend="Who reads sees nobody's record: give them the role reader and no other.",
            word="not_blind",
        )
    return measure


async def _demand_same_rule(
    connection: Connection, study_id: UUID, measure: Measure, rule: _Rule
) -> None:
    """Refuse a list by another rule than that of the lists handed out before."""
    before = await store.list_read_lists(connection, study_id, measure.id)
    if before and _Rule(before[0].readers_rule, before[0].differs_beyond) != rule:
        raise ReadListError(
            f"Reads of {measure.id} were begun by another rule, which cannot be changed now.",
            mend="Load a protocol with the rule of then.",
            word="other_rule",
        )


async def _list(
    connection: Connection,
    study_id: UUID,
    wish: HandOut,
    measure: Measure,
    exams: Collection[UUID],
    rule: _Rule,
    purpose: Purpose,
) -> Listed:
    seed = secrets.randbits(_SEED_BITS)
    # With nothing to put between, a repeat would be seen for what it is.
    order = draw_order(exams, seed, repeats=purpose == "read" or len(exams) > 1)
    items = list(zip(_pseudonyms(len(order)), order, strict=True))
    row = ListRow(
        id=new_id(),
        measure=measure.id,
        measure_version=measure.version,
        definition_sha256=definition_hash(measure),
        reader=wish.reader,
        purpose=purpose,
        readers_rule=rule.readers_rule,
        differs_beyond=rule.differs_beyond,
        seed=seed,
    )
    async with transaction(connection) as lent:
        await store.insert_read_list(lent, study_id, wish.actor, row, items)
    listed = [(pseudonym, number) for number, (pseudonym, _) in enumerate(items, start=1)]
    return Listed(row.id, listed, len(exams))


def _pseudonyms(count: int) -> list[str]:
    """So many, all different; none tells anything of an exam or an order."""
    drawn: dict[str, None] = {}
    while len(drawn) < count:
        letters = (secrets.choice(PSEUDONYM_ALPHABET) for _ in range(PSEUDONYM_LENGTH))
        drawn["".join(letters)] = None
    return list(drawn)
