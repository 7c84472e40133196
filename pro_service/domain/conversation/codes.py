"""A participant's code in a text: the whole of it, or the start that our texts show.

Codes are typed with spaces, dashes, in any case and width, and as our heading has them: "For Y68:".
Behind a code may stand what its owner says. A start that is all digits is never taken for a code:
it may be an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pro_service.domain.conversation.framing import unframed
from pro_service.domain.conversation.scan import fold
from pro_service.domain.study.facts import start_of

_GAP = r"[\W_]*"
_SIGNS = re.compile(r"[\W_]+")
_BREAK = r"(?:[\W_]*$|[\s:,.;=、。]+)"
"""What ends a code: the end of the text, or what may stand before an answer and is none of it."""
_HEADING = re.compile(r"^(?:for|code|给|为|编号|代码)[\s:]*(?=[a-z\d])")


class NamedCode(NamedTuple):
    """A code that opens a text: whose it is among those asked about, and what stands behind it."""

    whose: int | None
    """The place in the list of codes; None: it is the start of several."""
    rest: str


def is_code(personal_code: str, text: str) -> bool:
    """Tell whether a text is this code and nothing else, however it is typed."""
    said = _bare(text)
    return bool(said) and _bare(personal_code) == said


def read_code(personal_codes: Sequence[str], text: str) -> NamedCode | None:
    """Return the code a text opens with, if it opens with one of these or with its start."""
    said = _HEADING.sub("", unframed(fold(text)))
    typed = (_SIGNS.sub("", said), _bare(said))
    codes = [(_bare(one), _bare(start_of(one))) for one in personal_codes]
    if not any(one.startswith(start) for one in typed for _, start in codes):
        return None  # What nearly every text is: no code is looked for letter by letter.
    for forms in (_wholes, _longer_starts, _starts):
        found = {
            place: rest
            for place, (whole, start) in enumerate(codes)
            if (rest := forms(whole, start, said)) is not None
        }
        if len(found) == 1:
            ((whose, rest),) = found.items()
            return NamedCode(whose, rest)
        if found:
            return NamedCode(None, "")
    return None


def _wholes(whole: str, start: str, said: str) -> str | None:
    return _behind(whole, said)


def _longer_starts(whole: str, start: str, said: str) -> str | None:
    """A text that is more of the code than its start, and nothing else: `y68-j`."""
    typed = _bare(said)
    further = typed.removeprefix(start)
    if not whole.startswith(typed) or not typed.startswith(start) or not further:
        return None
    # Digits apart from the start are an answer rather than more of the code.
    apart = _behind(start, said) is not None
    return None if apart and further.isdecimal() else _if_lettered(typed, "")


def _starts(whole: str, start: str, said: str) -> str | None:
    rest = _behind(start, said)
    return None if rest is None else _if_lettered(start, rest)


def _if_lettered(code: str, rest: str) -> str | None:
    return rest if any(character.isalpha() for character in code) else None


def _behind(code: str, said: str) -> str | None:
    """What stands behind a code at the beginning of a text; None: it does not begin with it."""
    pattern = _GAP + _GAP.join(re.escape(character) for character in code) + _BREAK
    found = re.match(pattern, said)
    return None if found is None or not code else said[found.end() :].strip()


def _bare(code: str) -> str:
    """Letters and digits only, folded."""
    return _SIGNS.sub("", unframed(fold(code)))
