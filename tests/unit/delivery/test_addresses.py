"""Kinds of address: one form each, clear refusals, and what their index is made of."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pro_service.domain.delivery.addresses import (
    KINDS,
    Address,
    AddressFormError,
    index_input,
    phone,
    read_address,
)


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("phone", " +1 202-555 0143 ", "+12025550143"),
        ("email", " Li.Na@Example.ORG ", "li.na@example.org"),
        ("wechat", "oABC-def_123", "oABC-def_123"),
    ],
)
def test_an_address_is_brought_into_the_form_of_its_kind(kind: str, typed: str, value: str) -> None:
    found = read_address(kind, typed)
    assert (found.kind, found.value) == (kind, value)
    assert found == Address(kind=found.kind, value=value)


@pytest.mark.parametrize(
    ("kind", "typed", "named"),
    [
        ("phone", "2025550143", "telephone number"),
        ("phone", "+0123456789", "telephone number"),
        ("phone", "+1202555014３", "telephone number"),
        ("email", "li.example.org", "e-mail"),
        ("email", "li@example", "e-mail"),
        ("email", "li na@example.org", "e-mail"),
        ("email", "li@example..org", "e-mail"),
        ("wechat", "李娜", "WeChat"),
        ("pigeon", "roof", "phone, email, wechat"),
    ],
)
def test_what_is_no_address_is_refused_by_its_kinds_name_and_not_repeated(
    kind: str, typed: str, named: str
) -> None:
    with pytest.raises(AddressFormError) as refused:
        read_address(kind, typed)
    assert named in str(refused.value)
    assert typed not in str(refused.value)
    assert refused.value.mend


def test_an_address_of_another_form_cannot_be_made() -> None:
    with pytest.raises(AddressFormError):
        Address(kind="email", value="Li@Example.org")
    with pytest.raises(AddressFormError):
        phone("+1 202 555 0143")


def test_an_address_does_not_change_and_does_not_show_itself() -> None:
    address = phone("+12025550143")
    with pytest.raises(ValidationError):
        setattr(address, "va" + "lue", "+12025550144")
    assert "555" not in f"{address} {address!r}"


def test_the_index_of_a_telephone_is_of_the_bare_number_and_of_others_of_kind_and_value() -> None:
    assert index_input(phone("+12025550143")) == "+12025550143"
    assert index_input(read_address("email", "li@example.org")) == "email:li@example.org"
    others = [kind for kind in KINDS if kind != "phone"]
    assert {index_input(Address(kind="wechat", value="abcdef")).split(":")[0]} <= set(others)
