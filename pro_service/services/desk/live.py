"""What is new at the desk, told to whoever has a page open: one look a second for all of them.

A process looks only while somebody listens to it. Every look asks the database for everything since
ten seconds before the look before, so that what was committed late is seen; what was told is told
once. Each replica looks for itself, and so all of them tell the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from pro_service.domain.study.permissions import MAY, Action
from pro_service.services.desk.sign_in import IDLE, LIFETIME
from pro_service.store.connection import Connection
from pro_service.store.live import news as store
from pro_service.store.live.news import Listening, News

log = logging.getLogger("pro_service.live")

EVERY: Final = 1.0
"""Seconds (machine time) from one look to the next."""
OVERLAP: Final = timedelta(seconds=10)
"""A write ends within this time, or not at all: longer than the database lets a statement run."""
MOST_NEWS: Final = 1000
"""Rows of one look; of more, the rest is met by the looks that follow."""
MOST_WAITING: Final = 200
"""What waits for a page that reads slowly; it fetches everything with the first of it anyway."""
MOST_STREAMS: Final = 4
"""Pages of one session that listen at a time; one more ends the oldest."""


class Ending(StrEnum):
    """Why a stream ends."""

    session = "session"
    """The session ended, ran out, or is in another study now."""
    crowded = "crowded"
    """Other pages of the same session listen."""
    moved = "moved"
    """This process stops, or cannot look: another one tells."""


class Listener:
    """One page that listens."""

    def __init__(self, session: bytes, study_id: UUID, gone: Callable[[], bool]) -> None:
        """Of the session with this hash; `gone` says whether nobody is at the other end."""
        self.session = session
        self.study_id = study_id
        self.gone = gone
        self.heard_any = False
        """Whether a look was for it before: else it hears of all of the last ten seconds."""
        self.ending: Ending | None = None
        self._waiting: list[News] = []
        self._rings = asyncio.Event()

    def tell(self, news: Sequence[News]) -> None:
        """Let it have what is new."""
        self._waiting.extend(news[: MOST_WAITING - len(self._waiting)])
        if self._waiting:
            self._rings.set()

    def end(self, why: Ending) -> None:
        """Let it end; the first reason counts."""
        self.ending = self.ending or why
        self._rings.set()

    async def told(self, patience: float) -> list[News]:
        """What is new, as soon as there is any; nothing after `patience` seconds, or at the end."""
        try:
            await asyncio.wait_for(self._rings.wait(), patience)
        except TimeoutError:
            return []
        self._rings.clear()
        told, self._waiting = self._waiting, []
        return told


class Live:
    """Everybody who listens to this process, and the one task that looks for them."""

    def __init__(self, connection: Connection) -> None:
        """`connection` is the desk's pool, borrowed for a moment at each look."""
        self._connection = connection
        self._listeners: list[Listener] = []
        self._looking: asyncio.Task[None] | None = None
        self._since: datetime | None = None
        self._before: frozenset[News] = frozenset()
        self._closed = False

    @property
    def looks(self) -> bool:
        """Whether it looks at present."""
        return self._looking is not None and not self._looking.done()

    def listen(self, session: bytes, study_id: UUID, gone: Callable[[], bool]) -> Listener:
        """Begin to listen; `leave` ends it."""
        listener = Listener(session, study_id, gone)
        if self._closed:
            listener.end(Ending.moved)
            return listener
        own = [one for one in self._listeners if one.session == session and one.ending is None]
        for one in own[: max(0, len(own) + 1 - MOST_STREAMS)]:
            one.end(Ending.crowded)
        self._listeners.append(listener)
        if not self.looks:
            self._since, self._before = None, frozenset()
            self._looking = asyncio.create_task(self._look_on())
        return listener

    def leave(self, listener: Listener) -> None:
        """Listen no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    async def close(self) -> None:
        """End every stream: the process stops."""
        self._closed = True
        self._end_all(Ending.moved)
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look_on(self) -> None:
        while self._listeners:
            try:
                await self._look()
            except Exception as error:  # Whoever listened asks another process, or this one again.
                log.warning("live_failed", extra={"error": type(error).__name__})
                self._end_all(Ending.moved)
            await asyncio.sleep(EVERY)

    async def _look(self) -> None:
        present = [one for one in self._listeners if one.ending is None]
        for one in present:
            if one.gone():
                one.end(Ending.moved)
        sessions = {one.session for one in present}
        if not sessions:
            return
        found = await store.list_listening(
            self._connection,
            sessions,
            MAY[Action.see_participants],
            idle=IDLE,
            lifetime=LIFETIME,
        )
        places = {one.session_sha256: one for one in found}
        news = await self._read_news(found)
        fresh = [one for one in news if one not in self._before]
        for one in present:
            place = places.get(one.session)
            if place is None or place.study_id != one.study_id:
                one.end(Ending.session)
                continue
            one.tell(_at(place, fresh if one.heard_any else news))
            one.heard_any = True
        # What is still within the overlap at the next look was found at this one.
        self._before = frozenset(news)

    async def _read_news(self, found: Collection[Listening]) -> list[News]:
        if not found:
            return []
        now = next(one.now for one in found)
        since = now - OVERLAP if self._since is None else self._since
        sites = {site for one in found for site in one.site_ids}
        news = await store.list_news(self._connection, sites, since, MOST_NEWS)
        # Study time may leap ahead until the next look: what was kept before that is met, too.
        self._since = now - OVERLAP
        return news

    def _end_all(self, why: Ending) -> None:
        for one in self._listeners:
            one.end(why)


def _at(place: Listening, news: Sequence[News]) -> list[News]:
    """What of it is at the sites of a session."""
    return [one for one in news if one.site_id in place.site_ids]
