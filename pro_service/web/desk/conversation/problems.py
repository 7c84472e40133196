"""Why words of staff do not go out, said in one place for a reply and for a first text."""

from __future__ import annotations

from pro_service.domain.conversation.staff_replies import ReplyWordsError
from pro_service.services.desk.texts import ReplyRefusedError
from pro_service.web.desk.words import Words


def reply_problem(words: Words, error: Exception) -> str | None:
    """Why they do not go, and what mends it; None: the error is about something else."""
    if isinstance(error, ReplyWordsError):
        key = f"own_words.{error.problem}"
        return words.text(key, found=error.found) if error.found else words.text(f"{key}.plain")
    if isinstance(error, ReplyRefusedError):
        return words.word("reply_refused", error.why)
    return None
