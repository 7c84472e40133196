"""A representation's bytes and their tag: what If-None-Match and If-Match are compared with."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from pro_service.domain.errors import ProServiceError
from pro_service.web.api.models.base import Model

_TAG_LENGTH: Final = 32
_TAGS: Final = re.compile(r'(?:W/)?("[^"]*")')
ANY: Final = "*"


class PreconditionError(ProServiceError):
    """What you read is no longer so."""

    def __init__(self) -> None:
        """Say what to do about it."""
        super().__init__(mend="Read it again, and decide anew.")


def bytes_of(model: Model) -> bytes:
    """A representation as it goes out: the same facts give the same bytes."""
    return model.model_dump_json().encode()


def tag_of(body: bytes) -> str:
    """The entity tag of a representation."""
    return f'"{hashlib.sha256(body).hexdigest()[:_TAG_LENGTH]}"'


def names(header: str | None, tag: str) -> bool:
    """Whether a list of tags, as a header gives it, names this one; `*` names any."""
    if header is None:
        return False
    return header.strip() == ANY or tag in _TAGS.findall(header)


def demand_match(header: str | None, model: Model) -> None:
    """Refuse where If-Match is given and names another representation. Raises PreconditionError."""
    if header is not None and not names(header, tag_of(bytes_of(model))):
        raise PreconditionError
