"""Runs `correlate`: whether it may be (R20), what it finds, and that it was run."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pro_service.domain.endpoints.looking import NOBODYS, Opening, openings
from pro_service.domain.endpoints.plan import AnalysisPlan
from pro_service.domain.errors import ProServiceError
from pro_service.domain.measures.analyses import Analysis, analyse
from pro_service.domain.measures.pairing import Pairing
from pro_service.domain.measures.values import ReadersRule
from pro_service.domain.statistics.resampling import REPLICATES, SEED
from pro_service.domain.study.protocol import Protocol
from pro_service.services.base.context import ServiceContext
from pro_service.services.measuring.correlating.files import digest, pairs_csv
from pro_service.services.measuring.correlating.question import Terms
from pro_service.services.measuring.correlating.reading import Beside, By, read_beside
from pro_service.services.measuring.looking import read_gate
from pro_service.store.connection import Connection
from pro_service.store.measuring import correlations as store
from pro_service.store.measuring.correlations import NewRun, RunId, RunRow
from pro_service.store.measuring.locked import are_reads_locked

LONGEST_GAP: Final = 366
"""So many days score and measure may lie apart at most, whoever says how many."""


class NotOpenError(ProServiceError):
    """Groups may not be looked at yet (R20), or reads are not locked (R19)."""


class NoPairingError(ProServiceError):
    """Nobody says how far score and measure may lie apart."""


class Looking(NamedTuple):
    """Who looks, and what the study says about it."""

    study_id: UUID
    names: Collection[str]
    """The login and the roles of who looks, as a plan's looks name them."""
    kind: str | None
    """What the database is for."""
    now: datetime
    """Study time."""
    protocol: Protocol | None
    """The newest version."""
    seen: bool
    """Only what is seen from the seat this connection is of."""


class Wish(NamedTuple):
    """How a question is to be looked at."""

    cut: str | None = None
    """Name of the cut or look; None: the first ground there is."""
    within_days: int | None = None
    """How far score and measure may lie apart, where the plan does not say."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and on what ground it was looked for."""

    terms: Terms
    opening: Opening
    plan: AnalysisPlan | None
    by: By
    beside: Beside
    analyses: tuple[Analysis, ...]

    @property
    def pairing(self) -> Pairing:
        """The pairs, and what stands alone."""
        return self.beside.pairing

    @property
    def participants(self) -> int:
        """How many have a pair."""
        return len({one.score.of.code for one in self.pairing.pairs})

    @property
    def run(self) -> NewRun:
        """What the record keeps of it."""
        return NewRun(
            **self.terms.question._asdict(),
            within_days=self.by.within_days,
            planned=[one.planned for one in self.analyses if one.planned is not None],
            ground=self.opening.ground,
            ground_name=self.opening.name,
            as_of=self.opening.as_of,
            seed=SEED,
            replicates=REPLICATES,
            participants=self.participants,
            pairs=len(self.pairing.pairs),
            pairs_sha256=digest(pairs_csv(self.pairing.pairs)),
        )


async def read_openings(
    connection: Connection, context: ServiceContext, looking: Looking
) -> tuple[Opening, ...]:
    """Every ground on which they may look at groups now; none: not yet."""
    gate = await read_gate(
        connection,
        context,
        looking.study_id,
        kind=looking.kind,
        now=looking.now,
        protocol=looking.protocol,
    )
    return openings(gate, looking.names, looking.now)


async def find(
    connection: Connection, context: ServiceContext, looking: Looking, terms: Terms, wish: Wish
) -> Found:
    """Set scores and measures beside each other. Raises NotOpenError, NoPairingError."""
    opening = _chosen(await read_openings(connection, context, looking), wish.cut)
    await _demand_locked_reads(connection, looking)
    return await _found(connection, context, looking, terms, opening, wish.within_days)


async def find_again(
    connection: Connection, context: ServiceContext, looking: Looking, terms: Terms, run: RunRow
) -> Found:
    """What a run found that was made, as of the instant it looked at.

    Raises NotOpenError where the ground it stood on is not there for who looks now.
    """
    for one in await read_openings(connection, context, looking):
        if (one.ground, one.name) == (run.ground, run.ground_name):
            await _demand_locked_reads(connection, looking)
            opening = one._replace(as_of=run.as_of)
            return await _found(connection, context, looking, terms, opening, run.within_days)
    raise _not_open()


async def record(connection: Connection, study_id: UUID, found: Found, actor: str) -> RunId:
    """Keep that it was looked at, and say which run of the study it was."""
    return await store.insert_run(connection, study_id, found.run, actor)


async def list_runs(connection: Connection, study_id: UUID) -> list[RunRow]:
    """Every run of the study, the first one first."""
    return await store.list_runs(connection, study_id)


async def _demand_locked_reads(connection: Connection, looking: Looking) -> None:
    """Refuse where the protocol wants reads locked first; data that are nobody's need no lock."""
    measuring = None if looking.protocol is None else looking.protocol.coming.measures
    if measuring is None or measuring.beside_scores_after == "" or looking.kind in NOBODYS:
        return
    if not await are_reads_locked(connection, looking.study_id, looking.now):
        raise NotOpenError(
            "The reads are not locked, and the protocol shows no score beside them before.",
            mend="Lock the reads first.",
        )


def _chosen(found: Collection[Opening], name: str | None) -> Opening:
    for one in found:
        if name is None or one.name == name:
            return one
    if not found:
        raise _not_open()
    known = ", ".join(one.name for one in found)
    raise NotOpenError(f"There is no cut or look {name}.", mend=f"Known: {known}.")


def _not_open() -> NotOpenError:
    return NotOpenError(
        "Scores and measures of groups are not looked at before a named data cut.",
        mend="Name one when it is time (`cut make`), or let the analysis plan name a look and"
        " by whom.",
    )


async def _found(
    connection: Connection,
    context: ServiceContext,
    looking: Looking,
    terms: Terms,
    opening: Opening,
    within_days: int | None,
) -> Found:
    # As an export of that instant is computed: by the plan that was in force then.
    in_force = await context.reader.plan(connection, looking.study_id, opening.as_of)
    plan = None if in_force is None else in_force.plan
    by = By(
        opening.as_of,
        plan,
        _within_days(plan, within_days),
        _readers_rule(looking.protocol),
        looking.seen,
    )
    beside = await read_beside(connection, context, looking.study_id, terms, by)
    planned = () if plan is None else plan.correlations
    # Resamples take seconds: whatever else is served goes on meanwhile.
    analyses = await asyncio.to_thread(analyse, terms.question, beside.pairing.pairs, planned)
    return Found(terms, opening, plan, by, beside, analyses)


def _within_days(plan: AnalysisPlan | None, said: int | None) -> int:
    """The plan's word goes before anybody's."""
    if plan is not None and plan.pairing is not None:
        return plan.pairing.within_days
    if said is None or not 0 <= said <= LONGEST_GAP:
        raise NoPairingError(
            "The analysis plan does not say how far score and measure may lie apart.",
            mend=f"Load a plan with [pairing], or say it: 0 to {LONGEST_GAP} days.",
        )
    return said


def _readers_rule(protocol: Protocol | None) -> ReadersRule:
    measuring = None if protocol is None else protocol.coming.measures
    return "mean" if measuring is None else measuring.readers_rule
