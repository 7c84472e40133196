"""Where somebody can be written to: a kind of address, and the address in its one form.

What the blind index is made of hangs on the kind: the bare number for a telephone, as it was before
there were kinds, so that no stored index changes; `kind:value` for every other, so that nothing of
one kind is ever found as another.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple, get_args

from pydantic import model_validator

from pro_service.domain.errors import ProServiceError
from pro_service.domain.record import Record

Kind = Literal["phone", "email", "wechat"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class AddressFormError(ProServiceError):
    """An address does not have the form of its kind."""


class _Form(NamedTuple):
    """The one form of a kind, and how an address that lacks it is mended."""

    pattern: re.Pattern[str]
    name: str
    mend: str
    lower: bool
    """Whether capitals mean nothing in it."""
    dropped: str
    """What may stand between its characters and is left out."""


_FORMS: Final[dict[Kind, _Form]] = {
    "phone": _Form(
        re.compile(r"\+[1-9][0-9]{6,14}"),
        "a telephone number in the international form",
        "Write it as +442079460958: +, the country's code, 7 to 15 digits in all.",
        lower=False,
        dropped=" -.()\u00a0",
    ),
    "email": _Form(
        re.compile(r"[^\s@,;:<>\"]{1,64}@(?:[^\s@.,;:<>\"]+\.)+[^\s@.,;:<>\"]{2,63}"),
        "an e-mail address",
        "Write it as name@example.org.",
        lower=True,
        dropped="",
    ),
    "wechat": _Form(
        re.compile(r"[A-Za-z0-9_-]{6,64}"),
        "a WeChat OpenID",
        "Give the id as the account's platform names it: letters, digits, _ and -.",
        lower=False,
        dropped="",
    ),
}


class Address(Record):
    """A place to write to. `value` has its kind's one form, or there is no such record."""

    kind: Kind
    value: str

    @model_validator(mode="after")
    def _has_its_form(self) -> Address:
        # An error of ours, not a ValueError: pydantic hands it on as it is.
        form = _FORMS[self.kind]
        if form.pattern.fullmatch(self.value) is None or (
            form.lower and self.value != self.value.lower()
        ):
            raise AddressFormError(f"This is not {form.name}.", mend=form.mend)
        return self

    def __repr__(self) -> str:
        """The kind only: an address is somebody's."""
        return f"Address(kind={self.kind!r})"

    __str__ = __repr__


def read_address(kind: str, text: str) -> Address:
    """The address somebody typed, in its one form.

    Raises AddressFormError, which names the kind and never repeats what was typed.
    """
    known = next((one for one in KINDS if one == kind), None)
    if known is None:
        raise AddressFormError("This kind of address is not known.", mend=f"One of {_LISTED}.")
    form = _FORMS[known]
    bare = "".join(one for one in text.strip() if one not in form.dropped)
    return Address(kind=known, value=bare.lower() if form.lower else bare)


def phone(e164: str) -> Address:
    """A telephone number in E.164. Raises AddressFormError."""
    return Address(kind="phone", value=e164)


def address_of(written: str) -> Address:
    """A telephone number or an e-mail address in its one form, as a line keeps it, by its look.

    Raises AddressFormError.
    """
    return Address(kind="email" if "@" in written else "phone", value=written)


def index_input(address: Address) -> str:
    """What the blind index of an address is the keyed hash of."""
    return address.value if address.kind == "phone" else f"{address.kind}:{address.value}"


_LISTED: Final = ", ".join(KINDS)
