"""Hands letters to staff to a mail server."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import make_msgid

from pro_service.messaging.smtp.transport import (
    Envelope,
    LetterTurnedAwayError,
    MailServer,
    Transport,
)
from pro_service.messaging.staff_mail import LetterRefusedError, StaffLetter

__all__ = ["MailServer", "SmtpMail"]


class SmtpMail:
    """Letters to staff, from one address."""

    def __init__(self, server: MailServer, sender: str) -> None:
        """Keep where the server is, and the address letters come from; nothing is opened yet."""
        self._transport = Transport(server)
        self._sender = sender

    async def send(self, letter: StaffLetter) -> None:
        """Hand over one letter.

        Raises NotAcceptedError, LetterRefusedError, AmbiguousError.
        """
        mail = _composed(self._sender, letter)
        try:
            await self._transport.hand_over(mail, Envelope(self._sender, letter.to))
        except LetterTurnedAwayError:
            raise LetterRefusedError from None


def _composed(sender: str, letter: StaffLetter) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = letter.to
    mail["Subject"] = letter.title
    mail["Message-ID"] = make_msgid(letter.letter_id.hex, domain=sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail
