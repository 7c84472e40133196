"""Reads templates that a provider has approved, and writes what is to be handed in for that."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from pro_service.catalog.documents import (
    DocumentFileError,
    parse_text,
    read_text,
    refuse_controls,
)
from pro_service.domain.delivery.registered import Template, template_problems
from pro_service.domain.instruments.model import Language
from pro_service.domain.record import Record
from pro_service.domain.study.checking.problems import Problem


class RegistrationFileError(DocumentFileError):
    """A file of templates has mistakes."""


class RegistrationFile(Record):
    """The templates of one file."""

    template: tuple[Template, ...]


class Draft(NamedTuple):
    """A template as it would be handed in: nobody has approved it."""

    key: str
    language: Language
    signature: str
    words: str
    variables: tuple[str, ...]
    as_handed_in: str
    """The whole text as the provider wants its values written."""
    doubtful: tuple[str, ...]
    """Words for which it may not be approved."""


def load_registrations(path: Path, *, address: str) -> tuple[Template, ...]:
    """The templates of a file, checked; `address` is the only link their words may hold.

    Raises RegistrationFileError with everything that is wrong.
    """
    text = read_text(path, RegistrationFileError)
    refuse_controls(text, path.name, RegistrationFileError)
    try:
        found = RegistrationFile.model_validate(
            parse_text(text, path.name, RegistrationFileError)
        ).template
    except ValidationError as error:
        mend = "Write it as `sender templates draft` does."
        problems = tuple(
            Problem(".".join(map(str, one["loc"])), one["msg"], mend)
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise RegistrationFileError(path.name, problems) from None
    named = [(one.key, one.language) for one in found]
    problems = tuple(
        Problem(f"template.{number} ({one.key}, {one.language})", problem, "Mend it there.")
        for number, one in enumerate(found)
        for problem in template_problems(one, address=address)
    ) + tuple(
        Problem(f"template ({key}, {language})", "stands twice", "Keep one.")
        for key, language in dict.fromkeys(named)
        if named.count((key, language)) > 1
    )
    if problems:
        raise RegistrationFileError(path.name, problems)
    return found


def write_drafts(drafts: Iterable[Draft]) -> str:
    """A file to hand in from, and to load once the codes and days of approval are filled in."""
    return "\n".join(_written(one) for one in drafts)


def _written(one: Draft) -> str:
    doubt = [f"# May be refused for: {', '.join(one.doubtful)}"] if one.doubtful else []
    values = {
        "key": one.key,
        "language": one.language,
        "code": "",
        "signature": one.signature,
        "words": one.words,
        "variables": list(one.variables),
    }
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    return "\n".join(
        [
            f"# To hand in: {one.as_handed_in}",
            *doubt,
            "[[template]]",
            *lines,
            "# approved_on = 2027-03-01",
            "",
        ]
    )
