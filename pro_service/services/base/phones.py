"""Telephone numbers: read, brought into one form, and placed in a country."""

from __future__ import annotations

import re
from collections.abc import Iterable

import phonenumbers

from pro_service.domain.errors import ProServiceError


class PhoneError(ProServiceError):
    """is not a telephone number with its country code; write it as +12025550143."""


class NoCountryCodeError(PhoneError):
    """lacks its country code; write it as +12025550143."""


class AmbiguousPhoneError(PhoneError):
    """could be a number of two countries; write it with + and its country code: +12025550143."""


_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def parse_phone(text: str, country: str | None = None) -> str:
    """The number in E.164. Raises PhoneError, which never repeats the number.

    A number without + or 00 is taken only where its digits begin with a country code, as
    spreadsheets leave it, and they are no number of `country` (ISO 3166) at the same time.
    """
    typed = text.strip()
    if typed.startswith("00"):
        typed = f"+{typed[2:]}"
    if not typed.startswith(("+", "\uff0b", "tel:")):
        return _bare(typed, country)
    number = _parsed(typed, None)
    if number is None or number.extension or not phonenumbers.is_possible_number(number):
        raise PhoneError
    return _e164(number)


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
    """The number whose plus a spreadsheet dropped. Raises PhoneError."""
    abroad = _parsed(f"+{text}", None) if text[:1].isdecimal() else None
    at_home = None if country is None else _parsed(text, country.upper())
    known_abroad = abroad is not None and phonenumbers.is_valid_number(abroad)
    known_at_home = at_home is not None and phonenumbers.is_valid_number(at_home)
    if abroad is not None and known_abroad and not abroad.extension:
        if known_at_home and at_home is not None and _e164(at_home) != _e164(abroad):
            raise AmbiguousPhoneError
        return _e164(abroad)
    if known_at_home and at_home is not None:
        code = at_home.country_code
        raise NoCountryCodeError(f"lacks its country code; write +{code} before it.")
    raise PhoneError


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
