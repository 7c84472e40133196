"""What a provider of registered texts is given: looked at once more before any call is made.

A text there is a signature and a template that were approved, and plain values for its variables;
a text that has no registration is words alone, which nobody there sends.
"""

from __future__ import annotations

from typing import Final

from pro_service.domain.delivery.registered import wrong_value
from pro_service.messaging.gateway import OutboundText, Registered, RejectedError

LONGEST_TEXT: Final = 500
"""Characters of a whole text, its signature counted (Aliyun, Tencent)."""


def registered_of(text: OutboundText) -> Registered:
    """The registration a text is sent by.

    Raises RejectedError (hold) before anything is called: for words alone, for a value that must
    not be handed over, and for a text longer than any provider sends.
    """
    if text.registered is None:
        raise RejectedError("no_registration", "hold")
    if any(wrong_value(value) is not None for _, value in text.registered.parameters):
        raise RejectedError("parameter", "hold")
    if len(text.body) > LONGEST_TEXT:
        raise RejectedError("too_long", "hold")
    return text.registered
