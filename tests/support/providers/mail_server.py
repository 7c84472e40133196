"""A real mail server in this process, with TLS and a login, that can be told to fail."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "pro", "a password of the tests"
Fault = Literal["cut", "451", "550", "recipient"]


@dataclass
class MailBox:
    """What the server took, and how it is to fail next."""

    port: int = 0
    authorities: Path | None = None
    letters: list[EmailMessage] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)
    """Whether each letter came over TLS, from somebody signed in."""

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or refuse."""
        if self.faults[:1] == ["recipient"]:
            self.faults.pop(0)
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a letter, refuse it, or take it and break off."""
        fault = self.faults.pop(0) if self.faults else None
        if fault in ("451", "550"):
            return f"{fault} not now"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.secure.append(session.ssl is not None and bool(session.authenticated))
        if fault == "cut":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 OK"


def _authenticated(*given: object) -> AuthResult:
    """Whether it is the login; the server itself says so to a wrong one, as real servers do."""
    success = given[-1] == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=success, handled=False)


def _certificate(folder: Path) -> Path:
    """A key and a certificate of this machine's own, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@asynccontextmanager
async def mail_server(folder: Path) -> AsyncIterator[MailBox]:
    """A server that asks for TLS and a login before it takes anything."""
    box = MailBox(authorities=_certificate(folder))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(str(box.authorities))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            box,
            tls_context=context,
            require_starttls=True,
            authenticator=_authenticated,
            auth_required=True,
            loop=loop,
        ),
        "127.0.0.1",
        0,
    )
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
