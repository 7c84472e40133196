"""What every format tells of the export it belongs to: study, instant, release."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple


class Told(NamedTuple):
    """The part of the manifest that formats write into their own heads."""

    study: str
    as_of: datetime
    """UTC. It stands wherever a format wants a date of its making, so that the same instant gives
    the same bytes."""
    release: str

    @classmethod
    def of(cls, about: Mapping[str, object]) -> Told:
        """Read it from what `about.json` says."""
        at = datetime.fromisoformat(str(about["as_of"])).astimezone(UTC)
        return cls(str(about["study"]), at, str(about["release"]))

    @property
    def instant(self) -> str:
        """The instant in whole seconds of UTC, as XML and JSON have it."""
        return f"{self.as_of.replace(microsecond=0, tzinfo=None).isoformat()}Z"
