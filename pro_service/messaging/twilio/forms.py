"""What a genuine webhook of Twilio looks like, field by field.

A signature is over names and values written one after another, without anything between them. So a
signed webhook can be cut anew: its next parameter folded into the end of a value
(`MessageSid=SM..NumMedia0`), or a name's end moved into its value (`Bod=y4`), and the signature
still fits. What Twilio writes has exact forms in which nothing can be folded away, and the fields
without such a form (the text itself) stand between fields that must be there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pro_service.messaging.gateway import RecutWebhookError

_MESSAGE: Final = r"(?:SM|MM)[0-9a-fA-F]{32}"
_COUNT: Final = r"[0-9]{1,4}"
_STATUS: Final = r"[a-z][a-z_-]{0,30}"
_ADDRESS: Final = r"(?:[a-z]{1,12}:)?(?:\+[0-9]{1,15}|[0-9]{3,8}|[A-Za-z][A-Za-z0-9 ]{0,10})"
"""A number, a short code, or the name a sender has instead of one; each with its channel."""
EXACT: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile(form)
    for name, form in {
        "AccountSid": r"AC[0-9a-fA-F]{32}",
        "ApiVersion": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "ErrorCode": r"[0-9A-Za-z]{0,9}",
        "From": _ADDRESS,
        "MessageSid": _MESSAGE,
        "MessageStatus": _STATUS,
        "MessagingServiceSid": r"MG[0-9a-fA-F]{32}",
        "NumMedia": _COUNT,
        "NumSegments": _COUNT,
        "OptOutType": r"STOP|START|HELP",
        "SmsMessageSid": _MESSAGE,
        "SmsSid": _MESSAGE,
        "SmsStatus": _STATUS,
        "To": _ADDRESS,
    }.items()
}
"""The fields that have a form; a few more than are read, for others could be folded into them."""
INBOUND: Final = frozenset({"AccountSid", "Body", "From", "MessageSid", "NumMedia", "To"})
"""What every text that comes in has."""
STATUS: Final = frozenset({"AccountSid", "MessageSid"})
"""What every receipt has, beside its status."""
MAY_LACK: Final = ("ErrorCode", "MessagingServiceSid", "OptOutType")
"""What is read where it is there: it must not be hidden under a name cut shorter or longer."""
_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
"""How Twilio names a parameter: the end of a text makes no name, unless it is one such word."""
_SAME: Final = ("MessageSid", "SmsMessageSid", "SmsSid")
"""Names the one id goes by."""


def check_genuine(
    parameters: Mapping[str, Sequence[str]], needed: frozenset[str], account: str
) -> None:
    """Raise RecutWebhookError unless a signed webhook is as Twilio sends it, about our account."""
    for name in needed - parameters.keys():
        raise RecutWebhookError(f"A signed webhook lacks {name}.")
    for name, values in parameters.items():
        form = EXACT.get(name)
        if (form is not None or name in needed) and len(values) != 1:
            raise RecutWebhookError(f"A signed webhook says {name} twice.")
        cut = any(_is_cut_from(name, values, one) for one in MAY_LACK)
        if form is None and (cut or _NAME.fullmatch(name) is None):
            raise RecutWebhookError("A signed webhook has a name cut anew.")
        if form is not None and form.fullmatch(values[0]) is None:
            raise RecutWebhookError(f"A signed webhook's {name} is not of its form.")
    if parameters["AccountSid"][0] != account:
        raise RecutWebhookError("A signed webhook is about another account.")
    if len({parameters[name][0] for name in _SAME if name in parameters}) != 1:
        raise RecutWebhookError("A signed webhook names two messages.")


def _is_cut_from(name: str, values: Sequence[str], whole: str) -> bool:
    """Whether a name with one of its values says another name, or begins one, cut elsewhere."""
    said = [name + value for value in values]
    begins = any(one.startswith(whole) or whole.startswith(one) for one in said)
    return begins and (whole.startswith(name) or name.startswith(whole))
