"""Protocol versions as they were stored, by this release or an older one.

A stored version is the checked document of the release that stored it, and is never written anew.
A key that it lacks came with a later release, and means what the service did at 216a353, before any
such key existed. So the default of every key in `protocol.py` and `coming.py` is that behaviour,
whatever a new protocol is advised to say; where the two must differ, what an older document is to
mean is said here, in `read_stored_protocol`, and nowhere else.
"""

from __future__ import annotations

from pydantic import ValidationError

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.protocol import Protocol


class StoredProtocolError(ProServiceError):
    """A stored protocol version cannot be read by this release."""


def read_stored_protocol(document: str) -> Protocol:
    """Return a stored version (JSON text); what it lacks is as at 216a353.

    Raises StoredProtocolError, which names the keys this release does not know.
    """
    try:
        return Protocol.model_validate_json(document)
    except ValidationError as error:
        places = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
        raise StoredProtocolError(
            f"A stored protocol version cannot be read here: {', '.join(places[:5])}.",
            mend="It was stored by a later release: run that one.",
        ) from None
