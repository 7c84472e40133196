"""Webhooks out: one request to an address somebody else named, and never into a network of ours.

Names are looked up here and each address they mean is checked before it is called, so a name that
means another address by then is refused as well. Redirections are not followed.
"""

from __future__ import annotations

import socket
from http import HTTPStatus
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from pro_service.domain.errors import ProServiceError
from pro_service.domain.programs.webhooks import is_literal, is_public

BOUND_SECONDS: Final = 10.0
"""A call takes no longer; a lease outlasts it."""
_AT_ONCE: Final = 16


class NotTakenError(ProServiceError):
    """A webhook was not taken; `fault` says in a few words why."""

    def __init__(self, fault: str) -> None:
        """Keep why."""
        super().__init__()
        self.fault = fault


class WebhookPost(NamedTuple):
    """One request, as it goes out."""

    url: str
    private: bool
    """Whether it may lead to an address of one's own network."""
    headers: dict[str, str]
    body: bytes


class Webhooks(Protocol):
    """Takes webhooks out. Every call is bounded in time by the implementation itself."""

    async def post(self, post: WebhookPost) -> None:
        """Hand one over. Raises NotTakenError unless it was answered with 2xx."""
        ...

    async def close(self) -> None:
        """End every connection."""
        ...


class PrivateAddressError(OSError):
    """The name leads into a network of one's own."""


class _PublicResolver(AbstractResolver):
    """Looks names up, and gives public addresses only: a name with any other is refused whole."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(is_public(one["host"]) for one in found):
            raise PrivateAddressError(host)
        return found

    async def close(self) -> None:
        await self._resolver.close()


class HttpWebhooks:
    """Webhooks over HTTP."""

    def __init__(self) -> None:
        """Nothing is connected yet."""
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def post(self, post: WebhookPost) -> None:
        """Hand one over. Raises NotTakenError unless it was answered with 2xx."""
        host = urlsplit(post.url).hostname or ""
        if not post.private and is_literal(host) and not is_public(host):
            raise NotTakenError("private address")
        try:
            async with self._session(private=post.private).post(
                post.url, data=post.body, headers=post.headers, allow_redirects=False
            ) as answer:
                status = answer.status
        except PrivateAddressError:
            raise NotTakenError("private address") from None
        except TimeoutError:
            raise NotTakenError("timed out") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            private = isinstance(error.__cause__, PrivateAddressError)
            raise NotTakenError("private address" if private else "not reached") from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise NotTakenError(f"answered {status}")

    async def close(self) -> None:
        """End every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def _session(self, *, private: bool) -> aiohttp.ClientSession:
        """The session for addresses of this kind; they share no connection."""
        if private not in self._sessions:
            connector = aiohttp.TCPConnector(
                limit=_AT_ONCE,
                use_dns_cache=False,
                resolver=ThreadedResolver() if private else _PublicResolver(),
            )
            self._sessions[private] = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=BOUND_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._sessions[private]
