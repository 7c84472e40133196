"""Telephone numbers: read, brought into one form, and placed in a country."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType

from pro_service.domain.errors import ProServiceError

_NORTH_AMERICAN: Final = 1
_KEPT_FOR_STORIES: Final = "+12025550143"
_EXAMPLE_BEGINS: Final = 3
"""Digits of an example that are a country's own; the rest are naughts."""
_TEXTABLE: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def example_of(country: str | None) -> str:
    """How a number of a country (ISO 3166) is written, in E.164: one that is nobody we know."""
    found = None
    if country is not None:
        region = country.upper()
        found = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        found = found or phonenumbers.example_number(region)
    if found is None or found.country_code == _NORTH_AMERICAN:
        return _KEPT_FOR_STORIES
    national = phonenumbers.national_significant_number(found)
    return f"+{found.country_code}{national[:_EXAMPLE_BEGINS].ljust(len(national), '0')}"


class PhoneError(ProServiceError):
    """is not a telephone number with its country code."""

    def __init__(
        self, country: str | None = None, message: str | None = None, *, word: str | None = None
    ) -> None:
        """Keep what it says, and how a number of this country is written."""
        self.example = example_of(country)
        super().__init__(message, mend=f"Write it as {self.example}.", word=word)


class NoCountryCodeError(PhoneError):
    """lacks its country code."""


class AmbiguousPhoneError(PhoneError):
    """could be a number of two countries."""


_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def parse_phone(text: str, country: str | None = None) -> str:
    """The number in E.164. Raises PhoneError, which never repeats the number.

    A number without + or 00 is taken where its digits can be one thing only: a country's code and
    a number, as spreadsheets leave it, or a mobile number as it is written in `country` (ISO 3166).
    """
    typed = text.strip()
    if typed.startswith("00"):
        typed = f"+{typed[2:]}"
    if not typed.startswith(("+", "\uff0b", "tel:")):
        return _bare(typed, country)
    number = _as_written(typed) or _parsed(typed, None)
    if number is None or number.extension or not phonenumbers.is_possible_number(number):
        raise PhoneError(country)
    return _e164(number)


def short_of(e164: str) -> str:
    """What digits were read as, for whoever typed them: the country's code, and the last two."""
    number = _as_written(e164) or phonenumbers.parse(e164, None)
    return f"+{number.country_code} ··· ··{e164[-2:]}"


def has_telephones(country: str) -> bool:
    """Whether this is a country (ISO 3166) with telephone numbers of its own."""
    return country in phonenumbers.SUPPORTED_REGIONS


def numbers_meant(text: str, countries: Iterable[str]) -> list[str]:
    """Every number that digits may mean to somebody who looks for one, in E.164: none, if none.

    As somebody says it: with or without its country's code, of any of these countries (ISO 3166).
    """
    typed = text.strip()
    if typed.startswith("00"):
        typed = f"+{typed[2:]}"
    abroad = typed if typed.startswith(("+", "\uff0b")) else f"+{typed}"
    found = [_parsed(abroad, None), *(_parsed(typed, one.upper()) for one in countries)]
    meant = (one for one in found if one is not None and phonenumbers.is_possible_number(one))
    return list(dict.fromkeys(_e164(one) for one in meant if not one.extension))


def _bare(text: str, country: str | None) -> str:
    """The number whose plus was not typed, or a spreadsheet dropped. Raises PhoneError."""
    if any(one.isalpha() for one in text):
        raise PhoneError(country)
    abroad = _valid(f"+{text}", None) if text[:1].isdecimal() else None
    at_home = None if country is None else _valid(text, country.upper())
    if abroad is not None and at_home is not None and _e164(abroad) != _e164(at_home):
        codes = f"+{at_home.country_code} or +{abroad.country_code}"
        says = f"could be a number of two countries; write {codes} before it."
        raise AmbiguousPhoneError(country, says, word="ambiguous")
    if abroad is not None:
        return _e164(abroad)
    if at_home is None:
        raise PhoneError(country)
    if phonenumbers.number_type(at_home) not in _TEXTABLE:
        # So few digits may be those of a number abroad, said without its code.
        says = f"lacks its country code; write +{at_home.country_code} before it."
        raise NoCountryCodeError(country, says)
    return _e164(at_home)


def _valid(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    found = _parsed(text, country)
    if found is None or found.extension or not phonenumbers.is_valid_number(found):
        return None
    return found


def _parsed(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country_of(e164: str) -> str:
    """ISO 3166 code of the country a number belongs to; "ZZ" where it cannot be told."""
    number = _as_written(e164) or phonenumbers.parse(e164, None)
    region = phonenumbers.region_code_for_number(number)
    return region or phonenumbers.region_code_for_country_code(number.country_code or 0)


def _as_written(e164: str) -> phonenumbers.PhoneNumber | None:
    """A number in E.164 split at its country code; None where it has none that is known.

    `parse` comes to the same, after looking for all that people type around a number.
    """
    digits = e164[1:]
    if not _E164.fullmatch(e164):
        return None
    for length in (1, 2, 3):
        code, national = int(digits[:length]), digits[length:]
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE and national.strip("0"):
            zeros = len(national) - len(national.lstrip("0"))
            return phonenumbers.PhoneNumber(
                country_code=code,
                national_number=int(national),
                italian_leading_zero=True if zeros else None,
                number_of_leading_zeros=zeros if zeros > 1 else None,
            )
    return None
