"""What a provider of registered texts is given: looked at once more before any call is made.

A text there is a signature and a template that were approved, and plain values for its variables. A
value with a link, a bracket or a telephone number would be refused, or worse, taken for something
else; a text that has no registration is words alone, which nobody there sends.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pro_service.messaging.gateway import OutboundText, Registered, RejectedError

LONGEST_VALUE: Final = 35
"""Characters of one value; Aliyun's draft plan of 2025 allows no more, whatever its kind."""
LONGEST_TEXT: Final = 500
"""Characters of a whole text, its signature counted (Aliyun, Tencent)."""
_LINK: Final = re.compile(
    r"://|www\.|[a-z0-9\u4e00-\u9fff-]\.[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3}", re.IGNORECASE
)
_BRACKETS: Final = frozenset("【】〖〗〔〕[]{}<>«»")
_MOBILE: Final = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[\s\-_.·]+(?=\d)")


def why_not_value(value: str) -> str | None:
    """Why a variable's value must not be handed over, as a short word; None: it may.

    Read as a telephone shows it: full-width digits and dots count as plain ones, and digits written
    in groups as one number.
    """
    plain = _as_shown(value)
    if not value.strip():
        return "empty"
    if len(value) > LONGEST_VALUE:
        return "too long"
    if not plain.isprintable():
        return "control characters"
    if _BRACKETS & {*value, *plain}:
        return "bracket"
    if _LINK.search(plain):
        return "link"
    if _MOBILE.search(_BETWEEN_DIGITS.sub("", plain)):
        return "mobile number"
    return None


def registered_of(text: OutboundText) -> Registered:
    """The registration a text is sent by.

    Raises RejectedError (hold) before anything is called: for words alone, for a value that must
    not be handed over, and for a text longer than any provider sends.
    """
    if text.registered is None:
        raise RejectedError("no_registration", "hold")
    for _, value in text.registered.parameters:
        if why_not_value(value) is not None:
            raise RejectedError("parameter", "hold")
    if len(text.body) > LONGEST_TEXT:
        raise RejectedError("too_long", "hold")
    return text.registered


def _as_shown(value: str) -> str:
    plain = unicodedata.normalize("NFKC", value).replace("。", ".")
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in plain)
