"""Hands letters to a mail server over SMTP, with TLS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Final, Literal

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from pydantic import SecretStr

from pro_service.messaging.gateway import AmbiguousError, NotAcceptedError
from pro_service.messaging.staff_mail import LetterRefusedError, StaffLetter

SECONDS: Final = 20.0
"""How long each step of a conversation with the server may take (machine time)."""
_FOR_GOOD: Final = 500

Tls = Literal["starttls", "tls", "none"]
"""Begun on a plain connection, from the first byte, or not at all (a server on this machine)."""


@dataclass(frozen=True)
class MailServer:
    """Where the mail server is, and how one signs in there."""

    host: str
    port: int
    tls: Tls
    sender: str
    """The address letters come from."""
    user: str | None = None
    password: SecretStr | None = field(default=None, repr=False)
    authorities: Path | None = None
    """Certificates that are trusted instead of this machine's."""


class SmtpMail:
    """A connection for each letter: staff are told rarely, and a kept one would be cut."""

    def __init__(self, server: MailServer) -> None:
        """Keep where the server is; nothing is opened yet."""
        self._server = server
        self._trust = ssl.create_default_context(cafile=server.authorities)

    async def send(self, letter: StaffLetter) -> None:
        """Hand over one letter.

        Raises NotAcceptedError, LetterRefusedError, AmbiguousError.
        """
        client = await self._connected()
        try:
            await client.send_message(_composed(self._server.sender, letter))
        except SMTPRecipientsRefused as error:
            raise _definite(max(one.code for one in error.recipients)) from None
        except SMTPResponseException as error:
            raise _definite(error.code) from None
        except (SMTPException, OSError, TimeoutError):
            # It broke off: what the server had by then nobody knows.
            raise AmbiguousError from None
        finally:
            client.close()

    async def _connected(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            tls_context=None if server.tls == "none" else self._trust,
            timeout=SECONDS,
        )
        try:
            await client.connect()
            if server.user is not None and server.password is not None:
                await client.login(server.user, server.password.get_secret_value())
        except (SMTPException, OSError, TimeoutError):
            client.close()
            raise NotAcceptedError from None
        return client


def _composed(sender: str, letter: StaffLetter) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = letter.to
    mail["Subject"] = letter.title
    mail["Message-ID"] = make_msgid(letter.letter_id.hex, domain=sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail


def _definite(code: int) -> NotAcceptedError | LetterRefusedError:
    """What a server's answer means: it did not take the letter, now or ever."""
    return LetterRefusedError() if code >= _FOR_GOOD else NotAcceptedError()
