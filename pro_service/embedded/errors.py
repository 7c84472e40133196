"""The one error of this leaf, shaped like the service's own base error."""

from __future__ import annotations


class EmbeddedError(Exception):
    """The embedded PostgreSQL server cannot be used.

    `message` is one sentence that names what is wrong; `mend`, where known, says what to do.
    """

    def __init__(self, message: str, *, mend: str | None = None) -> None:
        """Keep both parts."""
        self.message = message
        self.mend = mend
        super().__init__(message)

    def __str__(self) -> str:
        """One line: the message, then the mend."""
        return f"{self.message} {self.mend}" if self.mend else self.message
