"""One base for every error the service raises on purpose.

The class docstring is the default message a person reads, so it is written as one sentence that
names what is wrong; `mend` says what to do about it. Nothing here knows HTTP: `web` maps classes
to statuses in one table.
"""

from __future__ import annotations


class ProServiceError(Exception):
    """Something went wrong."""

    def __init__(
        self, message: str | None = None, *, mend: str | None = None, word: str | None = None
    ) -> None:
        """Keep `message` (default: the class docstring's first line) and the optional `mend`.

        `word` is one word for what is wrong, where pages say it in sentences of their own.
        """
        doc = (type(self).__doc__ or "").strip().splitlines()[0]
        self.message = message or doc
        self.mend = mend
        self.word = word
        super().__init__(self.message)

    def __str__(self) -> str:
        """One line: the message, then the mend."""
        return f"{self.message} {self.mend}" if self.mend else self.message
