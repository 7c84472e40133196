"""The study the benchmarks run on, and a provider that answers at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import TypeVar
from uuid import UUID

import asyncpg
from pydantic import SecretStr

from pro_service.catalog.protocol_files import example_protocol_file, load_protocol_file
from pro_service.messaging.gateway import Accepted, InboundText, OutboundText, WebhookRequest
from pro_service.messaging.simulator import wire
from pro_service.messaging.simulator.gateway import SimulatorGateway
from pro_service.services.base.context import ServiceContext
from pro_service.services.study.protocols import load_protocol
from pro_service.services.study.sites import add_site
from pro_service.services.visits import enrolment, enrolment_rows
from pro_service.store.base import operations
from pro_service.store.ids import new_id
from pro_service.store.pools import connect
from pro_service.store.study.studies import SiteRow
from tests.support.seed import make_context

ACTOR = "test:benchmark"
OUR_ADDRESS = "+12025550199"
SECRET = SecretStr("only-for-benchmarks")
BEGIN = datetime(2026, 1, 5, 2, tzinfo=UTC)
CONSENT_ON = date(2026, 1, 4)
INJECTION_ON = date(2026, 1, 15)
AREAS = (202, 212, 213, 303, 312, 404, 415, 512, 617, 702)
"""Numbers 555-0100 to 555-0198 of these areas belong to nobody."""
_ids = count(1)
_Item = TypeVar("_Item")


class InstantGateway(SimulatorGateway):
    """Takes every text at once and counts them; signatures are checked as ever."""

    def __init__(self) -> None:
        """No address: nothing is called."""
        super().__init__("http://127.0.0.1:9", SECRET)
        self.sent = 0

    async def send(self, text: OutboundText) -> Accepted:
        """Take it."""
        self.sent += 1
        return Accepted(provider_id=f"out-{text.message_id}")


@dataclass
class Sat:
    """One participant's assessment that sittings are written to, and what the next one must see."""

    participant_id: UUID
    assessment_id: UUID
    revision: int = 0
    ordinal: int = 1

    def written(self) -> None:
        """Another sitting was stored."""
        self.revision += 1
        self.ordinal += 1


@dataclass
class Study:
    """A study whose first half is written to directly and whose second half texts."""

    id: UUID
    context: ServiceContext
    sittings: list[list[Sat]]
    """By lane, so that no two lanes meet on a participant."""
    phones: list[list[str]]
    _turns: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Every lane begins with its first participant."""
        self._turns = [0] * len(self.sittings)

    def next_sitting(self, lane: int) -> Sat:
        """The lane's next participant, round and round."""
        return self._next(self.sittings[lane], lane)

    def next_phone(self, lane: int) -> str:
        """The lane's next telephone, round and round."""
        return self._next(self.phones[lane], lane)

    def _next(self, of_lane: list[_Item], lane: int) -> _Item:
        self._turns[lane] += 1
        return of_lane[self._turns[lane] % len(of_lane)]

    async def read_revisions(self, connection: asyncpg.Connection) -> None:
        """Learn what the first sittings must have seen."""
        rows = await connection.fetch(
            "SELECT participant_id, revision FROM pro.participant_revisions WHERE study_id = $1",
            self.id,
        )
        revisions = {row["participant_id"]: row["revision"] for row in rows}
        for sat in (one for lane in self.sittings for one in lane):
            sat.revision = revisions[sat.participant_id]


def phone(number: int) -> str:
    """A fictitious number of its own for each participant."""
    area, line = divmod(number, 99)
    return f"+1{AREAS[area]}555{100 + line:04}"


def signed_text(study: Study, their_address: str, body: str) -> WebhookRequest:
    """A text as the provider posts it, under an id of its own."""
    text = InboundText(
        provider_id=f"bench-{next(_ids)}",
        our_address=OUR_ADDRESS,
        their_address=their_address,
        body=body,
    )
    parameters = wire.encode_inbound(text)
    url = study.context.public_url + wire.INBOUND_PATH
    headers = {wire.SIGNATURE_HEADER: wire.sign(SECRET, url, parameters)}
    return WebhookRequest(url=url, headers=headers, body=wire.encode_form(parameters))


def rows_of(participants: int) -> list[enrolment_rows.EnrolmentRow]:
    """Participants who answer by text, one knee each, all due on the same days."""
    return [
        enrolment_rows.EnrolmentRow(
            number=number,
            code=f"B-{number:04}",
            site="BJ01",
            phone=phone(number),
            language="en" if number % 2 else "zh_CN",
            zone="Asia/Shanghai",
            channel="text",
            consent_version="1",
            consent_on=CONSENT_ON,
            messaging_consent=True,
            treated_knees=("left_knee",),
            planned_injection_on=INJECTION_ON,
        )
        for number in range(participants)
    ]


async def make_study(url: str, participants: int, lanes: int) -> Study:
    """Load the example protocol on a migrated database and enrol everybody."""
    context = make_context()
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        await operations.start_clock(operator, BEGIN)
        loaded = await load_protocol(
            operator, context, *load_protocol_file(example_protocol_file()), actor=ACTOR
        )
        study_id = loaded.study.id
        site = SiteRow(new_id(), "BJ01", "Site", "Asia/Shanghai", "CN", "+12025550100", "120")
        await add_site(
            operator, study_id, site, provider=wire.NAME, sender=OUR_ADDRESS, actor=ACTOR
        )
        rows = tuple(rows_of(participants))
        named = {row.site for row in rows}
        sites = await enrolment_rows.list_enrolment_sites(operator, study_id, named)
        checked = enrolment_rows.CheckedRows(study_id, rows, sites, BEGIN)
        await enrolment.enrol(operator, context, checked, actor=ACTOR)
        # The first half sits at the assessment with 24 items.
        sittings = [
            Sat(row["participant_id"], row["id"])
            for row in await operator.fetch(
                "SELECT DISTINCT ON (participant_id) participant_id, id FROM pro.assessments"
                " WHERE study_id = $1 AND instrument = 'womac-nrs-3.1' ORDER BY participant_id, id",
                study_id,
            )
        ][: participants // 2]
    finally:
        await operator.close()
    texting = [phone(number) for number in range(participants // 2, participants)]
    return Study(
        study_id,
        context,
        [sittings[lane::lanes] for lane in range(lanes)],
        [texting[lane::lanes] for lane in range(lanes)],
    )
