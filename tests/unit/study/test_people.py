"""What is typed at the door, and which study it leads to."""

from __future__ import annotations

from uuid import UUID

import pytest

from pro_service.domain.study.people import (
    LONGEST_LOGIN,
    LoginError,
    Membership,
    as_typed,
    bare_name,
    check_login,
    straight_in,
)

KNEE = Membership(study_id=UUID(int=1), staff_id=UUID(int=2), study="KNEE-1")
HIP = Membership(study_id=UUID(int=3), staff_id=UUID(int=4), study="HIP")


def test_a_name_is_read_without_spaces_around_and_in_small_letters() -> None:
    assert as_typed("  Knee-1/Anna ") == "knee-1/anna"
    assert len(as_typed("a" * 999)) == LONGEST_LOGIN


def test_tries_are_counted_by_the_name_alone() -> None:
    assert (
        bare_name("knee-1/anna") == bare_name("anything/else/anna") == bare_name("anna") == "anna"
    )


@pytest.mark.parametrize("login", ["", "  ", "a b", "knee/anna", "a" * 129, "an\nna"])
def test_a_login_that_could_not_be_typed_is_refused(login: str) -> None:
    with pytest.raises(LoginError):
        check_login(login)


def test_a_new_login_is_kept_in_small_letters() -> None:
    assert check_login(" Ms.Li ") == "ms.li"


@pytest.mark.parametrize(
    ("memberships", "typed", "chosen"),
    [
        ((), "anna", None),
        ((KNEE,), "anna", KNEE),
        ((KNEE,), "hip/anna", KNEE),
        ((KNEE, HIP), "anna", None),
        ((KNEE, HIP), "hip/anna", HIP),
        ((KNEE, HIP), "knee-1/anna", KNEE),
        ((KNEE, HIP), "/anna", None),
        ((KNEE, HIP), "other/anna", None),
    ],
)
def test_the_only_study_or_the_one_typed_opens_at_once(
    memberships: tuple[Membership, ...], typed: str, chosen: Membership | None
) -> None:
    assert straight_in(memberships, typed) == chosen
