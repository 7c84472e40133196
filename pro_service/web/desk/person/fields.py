"""The fields of a small form: what they ask, what was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, time
from typing import Any, Final, Literal, NamedTuple

from multidict import MultiMapping

from pro_service.domain.errors import ProServiceError
from pro_service.domain.study.times import DayRangeError, typed_day
from pro_service.services.desk.seat import LONGEST_NOTE

FieldKind = Literal[
    "choice", "pick", "many", "day", "clock", "text", "tel", "words", "tick", "hidden"
]
_LONGEST: Final = 200


class FieldError(ProServiceError):
    """What stands in a field cannot be taken."""

    def __init__(self, field: str, why: str, **named: str) -> None:
        """Keep which field, the word for what is wrong with it, and what its sentence names."""
        super().__init__(word=why)
        self.field, self.named = field, named


class Field(NamedTuple):
    """One field, with the words around it in the reader's language."""

    name: str
    kind: FieldKind
    label: str
    options: Sequence[tuple[str, str]] = ()
    """What may be chosen: value and words."""
    hint: str | None = None
    required: bool = True
    first: Sequence[str] = ()
    """What stands in it before anybody typed."""


class Typed:
    """A form as it was typed; what cannot be read raises FieldError naming its field."""

    def __init__(self, form: MultiMapping[str]) -> None:
        """Keep the form."""
        self.form = form

    def text(self, name: str, *, optional: bool = False) -> str:
        """A line without blanks around it."""
        typed = self.form.get(name, "").strip()[: max(_LONGEST, LONGEST_NOTE)]
        if not typed and not optional:
            raise FieldError(name, "empty")
        return typed

    def choice(self, name: str, among: Collection[str], *, optional: bool = False) -> str:
        """One of what may be chosen."""
        typed = self.text(name, optional=optional)
        if typed and typed not in among:
            raise FieldError(name, "choice")
        return typed

    def many(self, name: str, among: Collection[str]) -> list[str]:
        """Those ticked of what may be chosen, one at least."""
        typed = [one for one in dict.fromkeys(self.form.getall(name, [])) if one in among]
        if not typed:
            raise FieldError(name, "none")
        return typed

    def tick(self, name: str) -> bool:
        """Whether a box is ticked."""
        return name in self.form

    def day(self, name: str) -> date:
        """A day."""
        try:
            return typed_day(self.text(name))
        except DayRangeError:
            raise FieldError(name, "day_range") from None
        except ValueError:
            raise FieldError(name, "day") from None

    def optional_day(self, name: str) -> date | None:
        """A day, or none where nothing was typed."""
        return self.day(name) if self.text(name, optional=True) else None

    def clock(self, name: str) -> time:
        """A time of day."""
        try:
            return time.fromisoformat(self.text(name)).replace(tzinfo=None)
        except ValueError:
            raise FieldError(name, "clock") from None

    def shown(self, fields: Sequence[Field], problem: FieldError | None) -> list[dict[str, Any]]:
        """The fields as a template draws them, with what was typed."""
        sent = bool(self.form)
        return [
            one._asdict()
            | {
                "value": list(self.form.getall(one.name, [])) if sent else list(one.first),
                "wrong": problem is not None and problem.field == one.name,
            }
            for one in fields
        ]
