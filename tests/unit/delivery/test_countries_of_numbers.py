"""The country of a number in E.164 is the library's, though the number is split by ourselves."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_service.services.base.phones import country_of

KINDS = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.VOIP,
    phonenumbers.PhoneNumberType.TOLL_FREE,
)
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def by_the_library(e164: str) -> str:
    """What `country_of` must say."""
    number = phonenumbers.parse(e164, None)
    region = phonenumbers.region_code_for_number(number)
    return region or phonenumbers.region_code_for_country_code(number.country_code or 0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_country_s_example_has_the_library_s_country(kind: int) -> None:
    seen = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            assert country_of(e164) == by_the_library(e164)
            seen += 1
    assert seen > 30


@given(code=st.sampled_from(CODES), rest=st.text("0123456789", min_size=5, max_size=11))
def test_any_digits_behind_a_country_s_code_have_the_library_s_country(
    code: int, rest: str
) -> None:
    e164 = f"+{code}{rest}"
    try:
        expected = by_the_library(e164)
    except phonenumbers.NumberParseException:
        return
    assert country_of(e164) == expected
