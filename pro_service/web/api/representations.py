"""A representation's bytes and their tag: what If-None-Match and If-Match are compared with.

Pages of lists come as the database wrote them, item by item; all else is a model.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from pro_service.domain.errors import ProServiceError
from pro_service.store.api.listed import Listed
from pro_service.web.api.cursors import write_cursor
from pro_service.web.api.models.base import Model

_TAG_LENGTH: Final = 32
_TAGS: Final = re.compile(r'(?:W/)?("[^"]*")')
ANY: Final = "*"


class Written(NamedTuple):
    """A representation that was written as it goes out, by the model the table names."""

    body: bytes


Representation = Model | Written


def written_page(name: str, found: Sequence[Listed], limit: int) -> Written:
    """A page of a list; one item more than the page has says that there is a further one."""
    page = [one.item for one in found[:limit]]
    more = f'"{write_cursor(name, found[limit - 1].place)}"' if len(found) > limit else "null"
    return Written(f'{{"next":{more},"items":[{",".join(page)}]}}'.encode())


class PreconditionError(ProServiceError):
    """What you read is no longer so."""

    def __init__(self) -> None:
        """Say what to do about it."""
        super().__init__(mend="Read it again, and decide anew.")


def bytes_of(shown: Representation) -> bytes:
    """A representation as it goes out: the same facts give the same bytes."""
    return shown.body if isinstance(shown, Written) else shown.model_dump_json().encode()


def tag_of(body: bytes) -> str:
    """The entity tag of a representation."""
    return f'"{hashlib.sha256(body).hexdigest()[:_TAG_LENGTH]}"'


def names(header: str | None, tag: str) -> bool:
    """Whether a list of tags, as a header gives it, names this one; `*` names any."""
    if header is None:
        return False
    return header.strip() == ANY or tag in _TAGS.findall(header)


def demand_match(header: str | None, shown: Representation) -> None:
    """Refuse where If-Match is given and names another representation. Raises PreconditionError."""
    if header is not None and not names(header, tag_of(bytes_of(shown))):
        raise PreconditionError
