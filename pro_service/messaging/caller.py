"""One call to a provider's API over HTTP: made once, bounded in time, silent about what it carries.

Addresses of calls carry telephone numbers with some providers: what goes wrong is told by the kind
of error alone, without the cause that would repeat the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

import aiohttp
from yarl import URL

from pro_service.messaging.gateway import (
    AmbiguousError,
    GatewayError,
    NotAcceptedError,
    RejectedError,
)


class Answer(NamedTuple):
    """What a provider answered, whole."""

    status: int
    body: bytes

    def __repr__(self) -> str:
        """The status only: a body may repeat what was sent."""
        return f"Answer(status={self.status})"


class Caller:
    """Calls over one long-lived session, opened within the event loop by the first of them.

    `bound` bounds each call from connecting to the last byte of the answer. Nothing is repeated and
    no redirect followed. How many calls run at once is the callers' business.
    """

    def __init__(self, bound: timedelta) -> None:
        """Keep the bound; no connection is opened yet."""
        self._bound_s = bound.total_seconds()
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self,
        method: str,
        address: URL,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Answer:
        """Make the call. `address` is sent as it stands.

        Raises NotAcceptedError where no byte of it left, AmbiguousError where it broke off.
        """
        try:
            async with (
                asyncio.timeout(self._bound_s),
                self._open().request(
                    method, address, headers=headers, data=body, allow_redirects=False
                ) as response,
            ):
                return Answer(response.status, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL):
            # Refused, no such name, no trust in the certificate, or no address at all.
            raise NotAcceptedError from None
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
            # The last: what came back is no HTTP. It says nothing either way.
            raise AmbiguousError from None

    async def close(self) -> None:
        """Release the connections; the caller may be used again afterwards."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def failure_of(status: int) -> GatewayError:
    """What an answer to a send means that is none of the API's own: its status alone is known.

    A success that cannot be read leaves open whether the text was taken, as an error on the
    provider's side does; what was refused on the way needs somebody.
    """
    if status == 429:
        return NotAcceptedError()
    if 300 <= status < 500 and status != 408:
        return RejectedError(f"http_{status}", "hold")
    return AmbiguousError()
