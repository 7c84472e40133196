"""Telephone numbers: read, brought into one form, and placed in a country."""

from __future__ import annotations

import phonenumbers

from pro_service.domain.errors import ProServiceError


class PhoneError(ProServiceError):
    """is not a telephone number with its country code; write it as +12025550143."""


def parse_phone(text: str) -> str:
    """The number in E.164. Raises PhoneError, which never repeats the number."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise PhoneError from None
    if not phonenumbers.is_possible_number(number):
        raise PhoneError
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country_of(e164: str) -> str:
    """ISO 3166 code of the country a number belongs to; "ZZ" where it cannot be told."""
    number = phonenumbers.parse(e164, None)
    region = phonenumbers.region_code_for_number(number)
    return region or phonenumbers.region_code_for_country_code(number.country_code or 0)
