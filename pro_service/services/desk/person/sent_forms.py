"""A form that was done before: its copy hears what was said then, other content is refused.

Beside a form's key stands what was said once it was done, and a mark of what the form held: a keyed
hash that only the session it was made for can make again, for a number or free words are in it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pro_service.domain.errors import ProServiceError
from pro_service.services.desk.seat import Session
from pro_service.services.desk.sign_in import form_secret
from pro_service.store.answering.answers import find_web_write
from pro_service.store.connection import Connection, Guard
from pro_service.store.desk.person import find_form_said, keep_form_key

_MARK_LENGTH: Final = 24


class FormReusedError(ProServiceError):
    """This form was sent before with other content, which was done; what it says now was not."""


@dataclass(frozen=True)
class SentForm:
    """A form as it was sent: the key it was made with, and the mark of what it held."""

    key: str
    mark: str = field(repr=False)


def sent_form(session: Session, key: str, content: Iterable[tuple[str, str]]) -> SentForm:
    """The form of a session with this key and these fields."""
    held = json.dumps(sorted(content), ensure_ascii=False).encode(errors="surrogatepass")
    secret = f"mark:{form_secret(session.token)}".encode()
    return SentForm(key, hmac.new(secret, held, hashlib.sha256).hexdigest()[:_MARK_LENGTH])


async def said_of_copy(
    connection: Connection, study_id: UUID, web_key: str, form: SentForm
) -> str | None:
    """What was said when this form was done; nothing where that was not kept; None: it was not.

    `web_key` is the key as the database knows it. Raises FormReusedError.
    """
    if not await find_web_write(connection, study_id, web_key):
        return None
    mark, _, said = (await find_form_said(connection, study_id, web_key) or "").partition(":")
    if mark and mark != form.mark:
        raise FormReusedError
    return said


async def keep_said(
    connection: Connection, guard: Guard, web_key: str, form: SentForm, said: str
) -> None:
    """Keep what is said of a form that was done. Raises DuplicateError for one kept before."""
    await keep_form_key(connection, guard, f"{web_key}:{form.mark}:{said}")
