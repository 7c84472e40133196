"""What becomes of values, for many participants at once: what decides is read set by set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.measures.model import Measure, Place
from pro_service.domain.measures.spans import situation_of
from pro_service.domain.measures.taking import (
    Fate,
    Placed,
    Refused,
    Said,
    Situation,
    Standing,
    fate_of,
    place_value,
)
from pro_service.domain.measures.values import Measured
from pro_service.domain.study.facts import ParticipantFacts, Target
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.tables.heads import fold_head
from pro_service.services.base.context import ServiceContext
from pro_service.services.measuring.values.cells import Cells, ReadRow, read_row
from pro_service.store.connection import Connection
from pro_service.store.measuring.keeping import MeasuredPerson, list_locked_for_measures
from pro_service.store.measuring.measurements import Measurement, list_measurements

BATCH: Final = 200
"""Participants whose facts are read in one statement."""
Spot = tuple[UUID, str, Target, str | None, str | None, tuple[str, int] | None, str | None, int]
"""Whose value, of which measure, knee, region, layer and visit, by which reader in which read."""


class Person(NamedTuple):
    """A participant as far as their values are concerned."""

    facts: ParticipantFacts
    protocol: Protocol
    situation: Situation


class Judged(NamedTuple):
    """A value that can be taken."""

    number: int | None
    """The row of the file; None: it was typed."""
    person: Person
    said: Said
    placed: Placed
    before: Standing | None
    fate: Fate
    why: str
    """Words of whoever gives it: why it is out of range, or corrected."""


@dataclass
class Judge:
    """Looks at one value after the other; each may come once."""

    measures: Mapping[str, Measure]
    people: Mapping[str, Person]
    restricted: frozenset[str]
    """Codes of participants about whom nothing more is written (R17)."""
    standing: Mapping[Spot, Standing]
    judged: list[Judged] = field(default_factory=list)
    _met: dict[Spot, int | None] = field(default_factory=dict)
    _visits: dict[UUID, Mapping[str, str]] = field(default_factory=dict)

    def judge(self, number: int, cells: Cells) -> Judged | Refused:
        """What becomes of a row of a file, or why it is refused."""
        row = read_row(number, cells)
        if isinstance(row, Refused):
            return row
        if row.code in self.restricted:
            return Refused("participant_restricted", "participant")
        person = self.people.get(row.code)
        if person is None:
            return Refused("participant_unknown", "participant")
        said = self._said(row, person)
        if isinstance(said, Refused):
            return said
        return self.take(person, said, number=number, why=row.reason)

    def take(self, person: Person, said: Said, *, number: int | None, why: str) -> Judged | Refused:
        """What becomes of a value, or why it is refused."""
        placed = place_value(said, self.measures, person.situation)
        if isinstance(placed, Refused):
            return placed
        spot = _spot(person.facts.id, said, placed)
        if spot in self._met:
            return Refused("row_twice", "measure", {"row": str(self._met[spot] or "")})
        self._met[spot] = number
        before = self.standing.get(spot)
        found = Judged(number, person, said, placed, before, fate_of(said, before), why)
        self.judged.append(found)
        return found

    def _said(self, row: ReadRow, person: Person) -> Said | Refused:
        measure = self.measures.get(row.measure)
        visit = self._visit(row.visit, person) if row.visit else None
        if isinstance(visit, Refused):
            return visit
        return Said(
            measure=row.measure,
            target="person" if measure is not None and measure.per == "person"
            and row.target is None else row.target,
            region=_code(row.region, () if measure is None else measure.regions),
            layer=_code(row.layer, () if measure is None else measure.layers),
            visit=visit,
            measured_on=row.measured_on,
            value=row.value,
            gap=row.gap,
            confirmed=bool(row.reason),
            reader=row.reader,
            read_number=row.read_number,
            scanner=row.scanner,
            field_strength=row.field_strength,
            study_uid=row.study_uid,
        )  # fmt: skip

    def _visit(self, text: str, person: Person) -> tuple[str, int] | Refused:
        """The visit a cell names: by its id or a label, `:2` for the second of its kind."""
        version = person.facts.protocol_version_id
        if version not in self._visits:
            self._visits[version] = {
                fold_head(name): one.id
                for one in person.protocol.visits
                for name in (one.id, *one.label.values())
            }
        name, _, ordinal = text.partition(":")
        definition = self._visits[version].get(fold_head(name))
        if definition is None or (ordinal and not (ordinal.isascii() and ordinal.isdigit())):
            return Refused("visit_unknown", "visit")
        return definition, int(ordinal or 1)


async def read_judge(
    connection: Connection,
    context: ServiceContext,
    study_id: UUID,
    people: Mapping[str, MeasuredPerson],
) -> Judge:
    """Read what decides about values of some participants, as it stands now."""
    free = {code: one.participant_id for code, one in people.items() if not one.restricted}
    ids = list(free.values())
    locked = await list_locked_for_measures(connection, study_id, ids)
    persons: dict[UUID, Person] = {}
    for start in range(0, len(ids), BATCH):
        named = [(study_id, one) for one in ids[start : start + BATCH]]
        many = await context.reader.facts_of_many(connection, named, lean=True)
        for facts in many.values():
            protocol = await context.reader.protocol(
                connection, study_id, facts.protocol_version_id
            )
            situation = situation_of(facts, protocol, locked)
            persons[facts.id] = Person(facts, protocol, situation)
    return Judge(
        measures=context.catalogue.measures,
        people={code: persons[one] for code, one in free.items() if one in persons},
        restricted=frozenset(code for code, one in people.items() if one.restricted),
        standing=await _standing(connection, study_id, list(persons.values())),
    )


async def judge_of_one(
    connection: Connection, context: ServiceContext, facts: ParticipantFacts, protocol: Protocol
) -> Judge:
    """The judge of one participant whose facts are read; their code is the only one known."""
    locked = await list_locked_for_measures(connection, facts.study_id, [facts.id])
    person = Person(facts, protocol, situation_of(facts, protocol, locked))
    return Judge(
        measures=context.catalogue.measures,
        people={facts.code: person},
        restricted=frozenset(),
        standing=await _standing(connection, facts.study_id, [person]),
    )


async def _standing(
    connection: Connection, study_id: UUID, persons: Sequence[Person]
) -> dict[Spot, Standing]:
    """The values that stand, of these participants, by their spot."""
    if not persons:
        return {}
    one = persons[0].facts.id if len(persons) == 1 else None
    as_of = max(person.facts.now for person in persons)
    found = await list_measurements(connection, study_id, as_of, one)
    ids = {person.facts.id for person in persons}
    return {
        _spot_of(row): Standing(
            row.thing_id,
            row.revision,
            row.measured.measured_on,
            row.measured.value,
            row.measured.gap,
            row.scanner,
            row.field_strength,
            row.study_uid,
        )
        for row in found
        if row.participant_id in ids
    }


def _spot(participant_id: UUID, said: Said, placed: Placed) -> Spot:
    target = said.target or "person"
    part = (said.region, said.layer, placed.visit.visit, said.reader, said.read_number)
    return (participant_id, said.measure, target, *part)


def _spot_of(row: Measurement) -> Spot:
    value: Measured = row.measured
    part = (value.region, value.layer, value.visit, value.reader, value.read_number)
    return (row.participant_id, value.measure, value.target, *part)


def _code(text: str | None, places: Sequence[Place]) -> str | None:
    """A code as the measure writes it, whatever its case in the file."""
    if text is None:
        return None
    return next((one.code for one in places if one.code.casefold() == text.casefold()), text)
