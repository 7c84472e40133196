"""The providers with which processes are killed: their fakes, and our gateways to them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple, Protocol, get_args

from aiohttp import web
from pydantic import SecretStr

from pro_service.messaging.twilio.gateway import TwilioGateway
from tests.support.china.account import PROVIDERS, Approved, approve
from tests.support.china.faults import Fault as ChinaFault
from tests.support.china.faults import Faults as ChinaFaults
from tests.support.killing.kill_mail import KillMail, mail_gateway
from tests.support.twilio.fake import TOKEN, TwilioFake
from tests.support.twilio.faults import Fault, Faults
from tests.support.twilio.taken import ACCOUNT

KillProvider = Literal["twilio", "aliyun", "tencent", "email"]
KILL_PROVIDERS: Final[tuple[KillProvider, ...]] = get_args(KillProvider)
LOST: Final = 0.3
"""How many receipts get lost; as many come late, or twice with a broken element among them."""


class KillTwilio(TwilioFake):
    """Twilio's fake, as a proof asks it."""

    unregistered = 0
    """Nothing has to be registered there."""

    def ids(self) -> set[str]:
        """Every id it gave."""
        return {one.sid for one in self.taken}


class Trouble(NamedTuple):
    """What goes wrong in a run: at which rate, and with the first calls for certain."""

    seed: int
    rate: float
    refused_first: int = 0


class KillFake(Protocol):
    """What a proof needs of a provider's fake: the API, its callbacks, and its own book."""

    webhook_base: str
    closing: asyncio.Event
    unregistered: int

    def application(self) -> web.Application:
        """The API as an aiohttp application."""
        ...

    def sent_to(self, number: str) -> Sequence[object]:
        """What was accepted for a number (E.164), oldest first."""
        ...

    def references(self) -> Counter[str]:
        """How often each of our message ids was accepted."""
        ...

    def ids(self) -> set[str]:
        """Every id an accepted text goes by."""
        ...

    def kill_after(self, accepted: int, kill: Callable[[], None]) -> None:
        """Call `kill` once so many more texts have been accepted, before the last is answered."""
        ...

    async def drain(self) -> None:
        """Let every callback under way be made."""
        ...


def make_fake(provider: KillProvider, trouble: Trouble, approved: Sequence[Approved]) -> KillFake:
    """A provider's fake with its own faults on a seed."""
    if provider == "twilio":
        faults = Faults(
            seed=trouble.seed, rate=trouble.rate, lost_callbacks=LOST, shuffled_callbacks=LOST
        )
        refused: list[Fault] = ["429"] * trouble.refused_first
        faults.next_sends.extend(refused)
        return KillTwilio(faults)
    if provider == "email":
        return KillMail(trouble.seed, trouble.rate, trouble.refused_first, LOST)
    troubles = ChinaFaults(
        seed=trouble.seed,
        rate=trouble.rate,
        lost_pushes=LOST,
        doubled_pushes=LOST,
        spoilt_pushes=LOST,
    )
    throttled: list[ChinaFault] = ["throttle"] * trouble.refused_first
    troubles.next_sends.extend(throttled)
    fake = PROVIDERS[provider].fake(troubles)
    approve(fake, *approved)
    return fake


def api_of(fake: KillFake, served: str) -> str:
    """Where a fake is called: a mail server listens at a port of its own."""
    return fake.address if isinstance(fake, KillMail) else served


def make_gateway(provider: KillProvider, api_base: str, call_bound: timedelta) -> Any:
    """Our gateway to a provider's fake."""
    if provider == "email":
        return mail_gateway(api_base, call_bound)
    if provider == "twilio":
        return TwilioGateway(ACCOUNT, SecretStr(TOKEN), api_base=api_base, call_bound=call_bound)
    return PROVIDERS[provider].gateway(api_base, call_bound)
