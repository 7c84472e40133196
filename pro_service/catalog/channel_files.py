"""Reads what providers and countries allow from TOML: what ships, and the operator's own file."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from pro_service.catalog.documents import (
    DocumentFileError,
    parse_text,
    read_text,
    refuse_controls,
)
from pro_service.domain.delivery.channels import (
    ANY,
    ChannelRule,
    ChannelRules,
    CountryRule,
    ProviderRule,
)
from pro_service.domain.record import Record
from pro_service.domain.study.checking.problems import Problem

SHIPPED: Final = "shipped.toml"


class ChannelFileError(DocumentFileError):
    """A file of what providers and countries allow has mistakes."""


class ChannelFile(Record):
    """The rows of one file."""

    rule: tuple[ChannelRule, ...] = ()
    provider: tuple[ProviderRule, ...] = ()
    country: tuple[CountryRule, ...] = ()


def load_channels(own: Path | None = None) -> ChannelRules:
    """The rules that ship, and after them those of an operator's `own` file, which replace them.

    Raises ChannelFileError with everything that is wrong in a file.
    """
    shipped = files("pro_service.catalog").joinpath("channels", SHIPPED)
    each = [read_channels(path) for path in (shipped, own) if path is not None]
    return ChannelRules(
        [row for one in each for row in one.rule],
        [row for one in each for row in one.provider],
        [row for one in each for row in one.country],
    )


def read_channels(path: Path | Traversable) -> ChannelFile:
    """The rows of a file, checked. Raises ChannelFileError."""
    text = read_text(path, ChannelFileError)
    refuse_controls(text, path.name, ChannelFileError)
    try:
        found = ChannelFile.model_validate(parse_text(text, path.name, ChannelFileError))
    except ValidationError as error:
        problems = tuple(
            Problem(".".join(map(str, one["loc"])), one["msg"], "See the file that ships.")
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise ChannelFileError(path.name, problems) from None
    problems = tuple(_problems(found))
    if problems:
        raise ChannelFileError(path.name, problems)
    return found


def _problems(found: ChannelFile) -> list[Problem]:
    """What no type says: codes of countries, no row twice, and where each was read."""
    problems = []
    named = [("rule", n, one.country) for n, one in enumerate(found.rule)]
    named += [("provider", n, one.country) for n, one in enumerate(found.provider)]
    named += [("country", n, one.country) for n, one in enumerate(found.country)]
    for kind, number, country in named:
        code = len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()
        if not code and not (country == ANY and kind != "country"):
            problems.append(
                Problem(f"{kind}.{number}.country", "is no country", "Write two capitals, as CN.")
            )
    for number, rule in enumerate(found.rule):
        if not rule.source or rule.read_on is None:
            mend = "Say in source and read_on where this was read, and when."
            problems.append(Problem(f"rule.{number}", "has no source", mend))
        if rule.per_day < 0:
            problems.append(Problem(f"rule.{number}.per_day", "is below 0", "Write 0 or more."))
    keys = [(one.channel, one.provider, one.country) for one in found.rule]
    twice = {key for key in keys if keys.count(key) > 1}
    problems += [Problem("rule", f"stands twice: {' '.join(key)}", "Keep one.") for key in twice]
    return problems
