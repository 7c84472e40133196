"""What goes wrong at a provider, and its end of the pushes; the same for every provider there."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, get_args

import aiohttp
from aiohttp import web

Fault = Literal[
    "refused",
    "html",
    "html after accepting",
    "throttle",
    "error",
    "error after accepting",
    "reset",
    "reset after accepting",
    "timeout after accepting",
    "slow",
    "receipt first",
]
EVERY_FAULT: Final[tuple[Fault, ...]] = get_args(Fault)
PAGE: Final = "<html><body>系统维护中</body></html>"
"""What a proxy on the way answers."""
PUSH_SECRET: Final = "Zq3vN8wLrT5yKd2mXb7c"
TRIES: Final = 3
"""How often a push is made that is not acknowledged."""


@dataclass
class Faults:
    """What goes wrong: asked for one by one, or drawn at `rate` from a seed."""

    seed: int = 0
    rate: float = 0.0
    kinds: tuple[Fault, ...] = EVERY_FAULT
    next_sends: deque[Fault | None] = field(default_factory=deque)
    refused: dict[str, str] = field(default_factory=dict)
    """A number's eleven digits to the code it is refused with."""
    undelivered: dict[str, str] = field(default_factory=dict)
    """A number's eleven digits to the code its receipts say."""
    lost_pushes: float = 0.0
    doubled_pushes: float = 0.0
    spoilt_pushes: float = 0.0
    """How many pushes carry an element nobody can read among the others."""
    slow_seconds: float = 0.05

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def take(self) -> Fault | None:
        """The fault of this call."""
        if self.next_sends:
            return self.next_sends.popleft()
        return self.random.choice(self.kinds) if self.random.random() < self.rate else None

    def happens(self, share: float) -> bool:
        """Whether something that happens to this share of all happens now."""
        return self.random.random() < share


@dataclass
class Taken:
    """A text the fake accepted."""

    id: str
    """The provider's own, in its answer and its receipts."""
    number: str
    """Eleven digits."""
    signature: str
    template: str
    values: tuple[str, ...]
    reference: str
    """Our message's id, as the call named it."""
    at: float
    """When, as seconds since the epoch."""
    state: Literal["waiting", "delivered", "failed"] = "waiting"
    error: str | None = None


class ChinaFake:
    """What both providers' fakes share: the book of what was accepted, and the pushes.

    A subclass serves the API and says how a receipt and an acknowledgement look.
    """

    name: ClassVar[str]
    throttled: ClassVar[str]
    """The code of a call that came too often."""
    limited: ClassVar[str]
    """The code of a text that came too soon after another."""
    not_registered: ClassVar[frozenset[str]]
    """The codes of what is no approved signature or template, or lacks a value."""
    acknowledgement: ClassVar[dict[str, Any]]

    def __init__(self, faults: Faults | None = None, *, push_secret: str = PUSH_SECRET) -> None:
        self.faults = faults or Faults()
        self.taken: list[Taken] = []
        self.calls = 0
        self.webhook_base = ""
        self.push_secret = push_secret
        self.templates: dict[str, tuple[str, ...]] = {}
        """Approved templates: code to the names of their variables, in their order."""
        self.signatures: set[str] = set()
        self.standing: dict[str, int] = {}
        """How far what is registered has come, by signature or code: a number of the provider's
        own; what is not named is approved."""
        self.words: dict[str, str] = {}
        """What a template's code is registered with."""
        self.unregistered = 0
        """Calls that named no approved signature or template, or not all of its values."""
        self.closing = asyncio.Event()
        self.pushed: Counter[int] = Counter()
        """How often a push was answered with each status."""
        self._kill: tuple[int, Callable[[], None]] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def application(self) -> web.Application:
        """The API as an aiohttp application."""
        app = web.Application()
        app.router.add_post("/", self.answer)

        async def release(_: web.Application) -> None:
            self.closing.set()
            await self.drain()

        app.on_shutdown.append(release)
        return app

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one call of the API."""
        raise NotImplementedError

    def why_not(self, named: dict[str, Any]) -> str | None:
        """The code a call is refused with, by what it names; None: it is taken."""
        raise NotImplementedError

    def read(self, named: dict[str, Any]) -> Taken:
        """The text a call names."""
        raise NotImplementedError

    def refuse(self, code: str, named: dict[str, Any]) -> web.Response:
        """The answer that refuses a call."""
        raise NotImplementedError

    def confirm(self, taken: Taken, named: dict[str, Any]) -> web.Response:
        """The answer that a text was taken."""
        raise NotImplementedError

    async def send(self, request: web.Request, named: dict[str, Any]) -> web.Response:
        """Answer a call to send, with the fault that is its lot."""
        fault = self.faults.take()
        if fault in ("throttle", "refused"):
            return self.refuse(self.throttled if fault == "throttle" else self.limited, named)
        if fault in ("html", "error"):
            return page(200 if fault == "html" else 503)
        if fault == "reset":
            return cut(request)
        refusal = self.why_not(named)
        self.unregistered += refusal in self.not_registered
        if refusal is not None:
            return self.refuse(refusal, named)
        taken = self.read(named)
        self.accept(taken, fault)
        if fault == "receipt first":
            await self.push_receipts([taken])
        if fault in ("html after accepting", "error after accepting"):
            return page(200 if fault == "html after accepting" else 502)
        if fault == "reset after accepting":
            return cut(request)
        if fault == "timeout after accepting":
            await self.closing.wait()
        if fault == "slow":
            await asyncio.sleep(self.faults.slow_seconds)
        return self.confirm(taken, named)

    def sent_to(self, number: str) -> list[Taken]:
        """What was accepted for a number (E.164), oldest first."""
        return [one for one in self.taken if one.number == number.removeprefix("+86")]

    def references(self) -> Counter[str]:
        """How often each of our message ids was accepted."""
        return Counter(one.reference for one in self.taken)

    def ids(self) -> set[str]:
        """Every id an accepted text goes by, at the provider or in its list."""
        return {one.id for one in self.taken}

    def kill_after(self, accepted: int, kill: Callable[[], None]) -> None:
        """Call `kill` once so many more texts have been accepted, before the last is answered."""
        self._kill = (accepted, kill)

    def accept(self, taken: Taken, fault: Fault | None) -> None:
        """Note a text, settle what becomes of it, and push its receipt soon."""
        self.taken.append(taken)
        error = self.faults.undelivered.get(taken.number)
        taken.state, taken.error = ("failed", error) if error else ("delivered", None)
        if self._kill is not None:
            left, kill = self._kill
            self._kill = (left - 1, kill) if left > 1 else None
            if left == 1:
                kill()
        if fault != "receipt first":
            self.start(self.push_receipts([taken]))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the answer; `drain` waits for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Let every push under way be made."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def receipt(self, taken: Taken) -> dict[str, Any]:
        """The element of a receipt."""
        raise NotImplementedError

    async def push_receipts(self, texts: list[Taken]) -> None:
        """Push receipts as one batch: perhaps lost, doubled, or with a broken element."""
        if self.faults.happens(self.faults.lost_pushes):
            return
        elements: list[Any] = [self.receipt(one) for one in texts]
        if self.faults.happens(self.faults.spoilt_pushes):
            elements.insert(0, {"unexpected": True})
        for _ in range(1 + self.faults.happens(self.faults.doubled_pushes)):
            await self.push("receipts", elements)

    async def push(self, kind: str, document: Any) -> bool:
        """Push until it is acknowledged, or three times; whether it was."""
        address = f"{self.webhook_base}/hooks/{self.name}/{self.push_secret}/{kind}"
        for _ in range(TRIES):
            if not self.webhook_base:
                return False
            try:
                async with (
                    aiohttp.ClientSession() as session,
                    session.post(address, json=document, timeout=_BOUND) as response,
                ):
                    self.pushed[response.status] += 1
                    said = await response.json() if response.status == 200 else None
            except (TimeoutError, aiohttp.ClientError):
                continue
            if isinstance(said, dict) and self.acknowledgement.items() <= said.items():
                return True
        return False


_BOUND: Final = aiohttp.ClientTimeout(total=5)


def cut(request: web.Request) -> web.Response:
    """Break the connection off; the response is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def page(status: int = 200) -> web.Response:
    """A page of somebody on the way, where an answer was expected."""
    return web.Response(status=status, text=PAGE, content_type="text/html")
