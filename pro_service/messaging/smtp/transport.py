"""One letter handed to a mail server over SMTP, with TLS: what its answers mean for the letter.

Until the letter itself is sent, whatever breaks off has certainly handed over nothing. From then on
only the server's own answer is certain: a connection lost before it leaves the fate unknown.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as ON_THE_WIRE
from pathlib import Path
from typing import Final, Literal

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPDataError,
    SMTPException,
    SMTPResponseException,
)
from pydantic import SecretStr

from pro_service.messaging.gateway import AmbiguousError, NotAcceptedError

SECONDS: Final = 20.0
"""How long each step of a conversation with the server may take (machine time)."""
FOR_GOOD: Final = 500
"""Answers from here on are meant for good; those below, for now."""

Tls = Literal["starttls", "tls", "none"]
"""Begun on a plain connection, from the first byte, or not at all (a server on this machine)."""
Step = Literal["sender", "recipient", "letter"]


@dataclass(frozen=True)
class MailServer:
    """Where the mail server is, and how one signs in there."""

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: SecretStr | None = field(default=None, repr=False)
    authorities: Path | None = None
    """Certificates that are trusted instead of this machine's."""


@dataclass(frozen=True)
class Envelope:
    """Whom a letter is from and to, as the servers on its way are told."""

    sender: str = field(repr=False)
    """Where it is returned to."""
    recipient: str = field(repr=False)


class LetterTurnedAwayError(Exception):
    """The server refused the letter for good, at a step of handing it over."""

    def __init__(self, step: Step, code: int, said: str) -> None:
        """Keep where, the code, and the server's words, which may name the address."""
        super().__init__(f"{step} {code}")
        self.step: Step = step
        self.code = code
        self.said = said


class Transport:
    """A connection for each letter: they are few, and a kept one would be cut."""

    def __init__(self, server: MailServer, *, seconds: float = SECONDS) -> None:
        """Keep where the server is; nothing is opened yet. Raises OSError for no certificates."""
        self._server = server
        self._seconds = seconds
        self._trust = ssl.create_default_context(cafile=server.authorities)

    async def hand_over(self, mail: EmailMessage, envelope: Envelope) -> None:
        """Hand over one letter, once.

        Raises NotAcceptedError, LetterTurnedAwayError, AmbiguousError.
        """
        content = mail.as_bytes(policy=ON_THE_WIRE)
        client = await self._connected()
        try:
            await _told("sender", client.mail(envelope.sender))
            await _told("recipient", client.rcpt(envelope.recipient))
            await _given(client, content)
        finally:
            client.close()

    async def sign_in(self) -> None:
        """Connect, sign in and leave: could a letter be brought? Raises NotAcceptedError."""
        (await self._connected()).close()

    async def _connected(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            tls_context=None if server.tls == "none" else self._trust,
            timeout=self._seconds,
        )
        try:
            await client.connect()
            if server.user is not None and server.password is not None:
                await client.login(server.user, server.password.get_secret_value())
        except (SMTPException, OSError, TimeoutError):
            client.close()
            raise NotAcceptedError from None
        return client


async def _told(step: Step, call: Awaitable[object]) -> None:
    """One step before the letter: nothing has been handed over by it, whatever becomes of it."""
    try:
        await call
    except SMTPResponseException as error:
        raise _definite(step, error.code, error.message) from None
    except (SMTPException, OSError, TimeoutError, UnicodeError):
        raise NotAcceptedError from None


async def _given(client: SMTP, content: bytes) -> None:
    try:
        await client.data(content)
    except SMTPDataError as error:
        raise _definite("letter", error.code, error.message) from None
    except (SMTPException, OSError, TimeoutError):
        # It broke off: what the server had by then nobody knows.
        raise AmbiguousError from None


def _definite(step: Step, code: int, said: str) -> NotAcceptedError | LetterTurnedAwayError:
    """What a server's answer means: it did not take the letter, now or ever."""
    return LetterTurnedAwayError(step, code, said) if code >= FOR_GOOD else NotAcceptedError()
