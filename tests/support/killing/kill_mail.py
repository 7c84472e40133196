"""A mail server with which workers are killed: its book, its faults, and its reports of delivery.

It takes letters on a port of its own. Of an accepted letter a report may come back late, twice or
never; whoever wrote it learns nothing else, for no mail server can be asked.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from pro_service.domain.delivery.addresses import read_address
from pro_service.domain.delivery.contacts import Agreed
from pro_service.messaging.email.gateway import EmailGateway
from pro_service.messaging.smtp.transport import MailServer
from pro_service.services.base.context import ServiceContext
from pro_service.services.base.turns import Who
from pro_service.services.study.protocols import load_protocol
from pro_service.services.study.senders import NewSender, add_sender
from pro_service.services.study.sites import add_site
from pro_service.services.texting.contacts import Newcomer, add_contact
from pro_service.services.texting.numbers import confirm_by_staff
from pro_service.services.visits import enrolment, enrolment_rows
from pro_service.store.base import operations
from pro_service.store.ids import new_id
from pro_service.store.pools import connect
from pro_service.store.study.studies import SiteRow
from tests.support.example import example_study
from tests.support.study import ACTOR, STARTED_AT, ZONE, phone, row

OURS: Final = "followup@study.example"
RETURNS: Final = "back@study.example"
MARK: Final = SecretStr("a secret of these tests")
Fault = Literal["421", "451", "cut before", "cut after", "slow"]
FAULTS: Final[tuple[Fault, ...]] = ("421", "451", "cut before", "cut after", "slow")


@dataclass(frozen=True)
class _Letter:
    to: str
    reference: str


class KillMail:
    """See `KillFake`; `rate` faults on a seed, after `refused_first` letters refused for now."""

    unregistered = 0

    def __init__(self, seed: int, rate: float, refused_first: int, lost: float) -> None:
        """Nothing listens yet."""
        self.webhook_base = ""
        self.closing = asyncio.Event()
        self.address = ""
        self._random = random.Random(f"mail {seed}")
        self._rate, self._refused, self._lost = rate, refused_first, lost
        self._taken: list[_Letter] = []
        self._kill: tuple[int, Callable[[], None]] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def application(self) -> web.Application:
        """An application without a page, beside which the mail server listens."""
        app = web.Application()
        app.cleanup_ctx.append(self._listen)
        return app

    async def _listen(self, _: web.Application) -> Any:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", 0)
        self.address = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield
        server.close()
        await server.wait_closed()

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender, or refuse for now; the fault of the letter is drawn here."""
        fault: Fault | None = None
        if self._refused:
            self._refused, fault = self._refused - 1, "451"
        elif self._random.random() < self._rate:
            fault = self._random.choice(FAULTS)
        vars(session)["fault"] = fault
        if fault == "421":
            return "421 too many connections"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a letter, refuse it, or break off before or after."""
        fault: Fault | None = getattr(session, "fault", None)
        if fault == "451":
            return "451 not now"
        assert isinstance(server.transport, asyncio.WriteTransport)
        if fault == "cut before":
            server.transport.abort()
            return "250 OK"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        letter = message_from_bytes(content)
        reference = str(UUID(hex=str(letter["Message-ID"]).strip("<>").partition("@")[0]))
        self._taken.append(_Letter(str(letter["To"]), reference))
        self._start(self._report(str(envelope.mail_from)))
        if self._kill is not None:
            left, kill = self._kill
            self._kill = (left - 1, kill) if left > 1 else None
            if left == 1:
                kill()
        if fault == "cut after":
            server.transport.abort()
        if fault == "slow":
            await asyncio.sleep(0.05)
        return "250 OK"

    def sent_to(self, number: str) -> list[_Letter]:
        """What was accepted for an address."""
        return [one for one in self._taken if one.to == number]

    def references(self) -> Counter[str]:
        """How often each of our message ids was accepted."""
        return Counter(one.reference for one in self._taken)

    def ids(self) -> set[str]:
        """Every id an accepted letter goes by: our own."""
        return {UUID(one.reference).hex for one in self._taken}

    def kill_after(self, accepted: int, kill: Callable[[], None]) -> None:
        """See `KillFake`."""
        self._kill = (accepted, kill)

    async def drain(self) -> None:
        """Let every report under way be made."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _report(self, to: str) -> None:
        """Say that a letter arrived: late, twice, beside a stranger's, or not at all."""
        if self._random.random() < self._lost:
            return
        await asyncio.sleep(0.05 * (self._random.random() < self._lost))
        bodies = [delivered(to)] * (1 + (self._random.random() < self._lost))
        if self._random.random() < self._lost:
            bodies.insert(0, delivered("back+stranger@study.example"))
        async with aiohttp.ClientSession() as session:
            for body in bodies:
                hook = f"{self.webhook_base}/hooks/email/bounces"
                async with session.post(hook, data=body) as answer:
                    await answer.read()


def delivered(to: str) -> bytes:
    """A report that a letter arrived, as a mail server writes it (RFC 3464)."""
    return (
        f"From: MAILER-DAEMON@relay.example\r\nTo: {to}\r\nSubject: Delivered\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; relay.example\r\n\r\n"
        "Final-Recipient: rfc822; them@home.example\r\nAction: delivered\r\nStatus: 2.1.5\r\n\r\n"
        "--b--\r\n"
    ).encode()


def mail_gateway(address: str, bound: timedelta) -> EmailGateway:
    """Our gateway to the mail server of a run."""
    port = urlsplit(address).port or 0
    server = MailServer("127.0.0.1", port, "none")
    return EmailGateway(server, RETURNS, MARK, seconds=bound.total_seconds())


async def fill_mail_trial(url: str, context: ServiceContext, participants: int) -> tuple[str, ...]:
    """A study that writes letters alone, and participants whose first one is due.

    Their proven addresses. No connection stays open.
    """
    operator = await connect(url, role="pro_operator", actor=ACTOR)
    try:
        await operations.start_clock(operator, STARTED_AT)
        loaded = example_study()
        messaging = loaded.protocol.messaging
        by_letter = messaging.model_copy(
            update={
                "by": ("email",),
                "safety": messaging.safety.model_copy(update={"by": ("email",)}),
            }
        )
        protocol = loaded.protocol.model_copy(update={"messaging": by_letter})
        made = await load_protocol(operator, context, protocol, loaded.text, "0" * 64, actor=ACTOR)
        study_id = made.study.id
        site = SiteRow(new_id(), "BJ01", "Site BJ01", ZONE, "CN", "+12025550198", "120")
        await add_site(operator, study_id, site, provider="email", address=None, actor=ACTOR)
        sender = NewSender("email", OURS, "BJ01")
        await add_sender(operator, context.channels, study_id, sender, actor=ACTOR)
        rows = [
            row(f"K-{n:03}", channel="link", phone=phone(n)) for n in range(1, participants + 1)
        ]
        table = list(enumerate(rows, start=2))
        checked = await enrolment_rows.check_rows(operator, context, study_id, table)
        await enrolment.enrol(operator, context, checked, actor=ACTOR)
        known = await operator.fetch("SELECT id, code FROM pro.participants ORDER BY code")
        addresses = tuple(f"{one['code'].lower()}@home.example" for one in known)
        nothing = Agreed(may_be_texted=False, may_be_told=False, agreed_on=None)
        for one, address in zip(known, addresses, strict=True):
            who = Who(operator, context, study_id, one["id"])
            new = Newcomer(read_address("email", address), "self", nothing)
            place = await add_contact(who, new, ACTOR, "named it at the visit")
            await confirm_by_staff(who, ACTOR, "proven", which=place)
        due_at = await operator.fetchval(
            "SELECT min(due_at) FROM pro.reminders WHERE ended_at IS NULL"
        )
        await operations.move_clock(operator, due_at)
    finally:
        await operator.close()
    return addresses
