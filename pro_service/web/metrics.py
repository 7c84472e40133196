"""`/metrics`, on a port of its own: what this process counts, and how the service fares.

The figures of the database are the same whichever process is asked. While it is away they are left
out and `pro_database_up` is 0: whoever watches is answered all the same, within two seconds.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import asyncpg
from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from pro_service.domain.errors import ProServiceError
from pro_service.services.base.meters import Meters
from pro_service.store.keeping.watching import Figures
from pro_service.web.readiness import Lookout

LOG: Final = logging.getLogger("pro_service.web")
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"

COUNTS: Final = {
    "nudges_due": ("pro_nudges_due", "Nudges that are due now."),
    "nudges_late": ("pro_nudges_late", "Nudges due for more than five minutes."),
    "nudge_seconds": ("pro_nudge_oldest_seconds", "How long the oldest nudge has been due."),
    "texts_of_unknown_fate": ("pro_texts_unconfirmed", "Texts of unknown fate, not dealt with."),
    "texts_to_read": ("pro_texts_to_read", "Texts that came in and that somebody must read."),
    "pushes_waiting": ("pro_pushes_waiting", "Pushes of providers not yet worked off."),
    "push_seconds": ("pro_push_oldest_seconds", "How long the oldest push waits."),
    "sittings_of_day": ("pro_sittings_day", "Questionnaires sent in within a day."),
    "unsealed_seconds": ("pro_unsealed_seconds", "How long the oldest audit entry waits."),
    "backup_seconds": ("pro_backup_age_seconds", "Since the newest backup's snapshot."),
    "archive_seconds": ("pro_archive_age_seconds", "Since the server last archived its log."),
    "alerts_unseen": ("pro_alerts_unseen", "Urgent alerts nobody has seen."),
    "held": ("pro_sending_held", "1 while sending is held."),
}
"""Name and meaning of each figure; what is None has no line."""


class Metrics:
    """Answers `GET /metrics`, to whoever has the token if one is set."""

    def __init__(
        self, meters: Meters, look: Callable[[], Awaitable[Figures]], token: str | None
    ) -> None:
        """`look` reads the figures; it is asked once at a time."""
        self._meters = meters
        self._lookout = Lookout(look)
        self._token = token

    def application(self) -> web.Application:
        """The application of the port of its own."""
        app = web.Application()
        app.router.add_get("/metrics", self.show, name="metrics")
        app.on_cleanup.append(self._stop)
        return app

    async def show(self, request: web.Request) -> web.Response:
        """What is counted; 401 without the token."""
        given = request.headers.get(hdrs.AUTHORIZATION, "")
        if self._token is not None and not hmac.compare_digest(
            given.encode(), f"Bearer {self._token}".encode()
        ):
            return web.Response(
                status=HTTPStatus.UNAUTHORIZED, headers={hdrs.WWW_AUTHENTICATE: "Bearer"}
            )
        body = self._meters.shown() + shown_figures(await self._figures())
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: TEXT})

    async def _figures(self) -> Figures | None:
        try:
            return await self._lookout.ask()
        except (ProServiceError, asyncpg.PostgresError) as error:
            LOG.warning("figures_missing", extra={"error": type(error).__name__})
            return None

    async def _stop(self, _: web.Application) -> None:
        await self._lookout.stop()


def shown_figures(figures: Figures | None) -> bytes:
    """The figures in Prometheus' text format; None: the database is away."""
    registry = CollectorRegistry()
    up = Gauge("pro_database_up", "1 while the database answers.", registry=registry)
    up.set(figures is not None)
    if figures is not None:
        for field, (name, meaning) in COUNTS.items():
            value = getattr(figures, field)
            if value is not None:
                Gauge(name, meaning, registry=registry).set(value)
        texts = Gauge("pro_texts_day", "Texts claimed within a day.", ("state",), registry=registry)
        for state, count in figures.texts.items():
            texts.labels(state).set(count)
    return generate_latest(registry)
