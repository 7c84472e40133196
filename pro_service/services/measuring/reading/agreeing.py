"""How far readers agree with each other, and each with themselves, place by place (R19).

ICC(2,1) for what is continuous, weighted kappa for grades and for yes or no. An exam that somebody
found unreadable is dropped and counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.measures.model import Measure
from pro_service.domain.measures.reading import Given
from pro_service.domain.measures.values import THE_READ
from pro_service.domain.statistics.agreement import Agreement, icc21, weighted_kappa
from pro_service.services.measuring.reading.lists import ReadListError
from pro_service.store.connection import Connection
from pro_service.store.measuring import reads as store

Values = Mapping[UUID, Decimal | None]
_PAIR: Final = 2


class Figure(NamedTuple):
    """One figure of agreement at one place of the joint."""

    region: str | None
    layer: str | None
    readers: tuple[str, ...]
    """One: with their own hidden repeats; several: with each other."""
    statistic: str
    """`icc21`, `kappa_linear` or `kappa_quadratic`."""
    agreement: Agreement


async def agreement_of(
    connection: Connection, measures: Mapping[str, Measure], study_id: UUID, name: str
) -> list[Figure]:
    """Every figure of a measure, by region and layer. Raises ReadListError."""
    measure = measures.get(name)
    if measure is None:
        raise ReadListError(f"{name} is no known measure.", mend="See `measure list`.")
    given = await store.list_given_reads(connection, study_id, name)
    first = [one for purpose, one in given if purpose == "read"]
    settling = [one for purpose, one in given if purpose == "adjudication"]
    # Who settles is compared with themselves alone: they see what others differed about.
    alone = [one for one in figures(measure, settling) if len(one.readers) == 1]
    return figures(measure, first) + alone


def figures(measure: Measure, given: Iterable[Given]) -> list[Figure]:
    """The figures of first reads and their repeats, place by place in their order."""
    places: defaultdict[
        tuple[str | None, str | None], defaultdict[tuple[str, int], dict[UUID, Decimal | None]]
    ] = defaultdict(lambda: defaultdict(dict))
    for one in given:
        places[one.region, one.layer][one.reader, one.look][one.exam_id] = one.value
    found: list[Figure] = []
    for (region, layer), looks in places.items():
        first = {reader: looks[reader, look] for reader, look in sorted(looks) if look == THE_READ}
        together = len(first) if measure.kind == "continuous" else _PAIR
        for readers in combinations(first, max(together, _PAIR)):
            for statistic, agreement in _statistics(measure, [first[one] for one in readers]):
                found.append(Figure(region, layer, readers, statistic, agreement))
        for (reader, look), again in sorted(looks.items(), key=lambda one: one[0]):
            if look != THE_READ:
                pair = [{exam: first.get(reader, {}).get(exam) for exam in again}, again]
                for statistic, agreement in _statistics(measure, pair):
                    found.append(Figure(region, layer, (reader,), statistic, agreement))
    return found


def _statistics(measure: Measure, columns: Sequence[Values]) -> Iterator[tuple[str, Agreement]]:
    exams = dict.fromkeys(exam for column in columns for exam in column)
    rows = [[column.get(exam) for column in columns] for exam in exams]
    if measure.kind == "continuous":
        yield "icc21", icc21(rows)
    else:
        grades = [grade.value for grade in measure.grades] or [Decimal(0), Decimal(1)]
        pairs = [(first, second) for first, second in rows]
        yield "kappa_linear", weighted_kappa(pairs, grades, "linear")
        if len(grades) > 2:
            yield "kappa_quadratic", weighted_kappa(pairs, grades, "quadratic")
