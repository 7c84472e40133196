"""Providers in mainland China have in common: numbers of eleven digits, times without a zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pro_service.messaging.gateway import RejectedError

ZONE: Final = ZoneInfo("Asia/Shanghai")
_NATIONAL: Final = re.compile(r"1[3-9][0-9]{9}")
_WRITTEN: Final = "%Y-%m-%d %H:%M:%S"


def national(e164: str) -> str:
    """The eleven digits of a mainland mobile number in E.164.

    Raises RejectedError (hold): a text to anywhere else is another product of these providers.
    """
    digits = e164.removeprefix("+86")
    if digits == e164 or _NATIONAL.fullmatch(digits) is None:
        raise RejectedError("not_mainland", "hold")
    return digits


def international(number: str) -> str:
    """A mainland mobile number in E.164, from how a provider wrote it. Raises ValueError."""
    digits = re.sub(r"^(?:\+|00)?86(?=1[3-9][0-9]{9}$)", "", number)
    if _NATIONAL.fullmatch(digits) is None:
        raise ValueError("is no mobile number of the mainland")
    return f"+86{digits}"


def instant(written: str) -> datetime:
    """The instant a provider writes as `2026-01-31 23:59:59`, China's time. Raises ValueError."""
    return datetime.strptime(written, _WRITTEN).replace(tzinfo=ZONE)


def dates_between(earliest: datetime, latest: datetime, *, most: int) -> list[date]:
    """China's dates from one instant to another, the last `most` of them, oldest first."""
    first, last = earliest.astimezone(ZONE).date(), latest.astimezone(ZONE).date()
    days = max(0, (last - first).days)
    return [last - timedelta(days=back) for back in range(min(days, most - 1), -1, -1)]


def text_of(element: Mapping[str, object], name: str) -> str:
    """A field that must be there, a number taken for its digits. Raises ValueError."""
    found = element.get(name)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str) or not found:
        raise ValueError(name)
    return found
