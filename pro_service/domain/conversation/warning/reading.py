"""Which signs a text warns of. In doubt it raises; a listed short denial silences itself alone.

The rule is R8 of the trial: a denial counts where it is the whole clause; doubt, contrast, a second
clause or another sign raises. What names a sign and raised nothing is still read early.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from pro_service.domain.conversation.scan import fold
from pro_service.domain.conversation.warning.chinese import CHINESE
from pro_service.domain.conversation.warning.english import ENGLISH
from pro_service.domain.conversation.warning.signs import Sign, SignWords, Tongue, any_of
from pro_service.domain.conversation.warning.spelling import respell
from pro_service.domain.record import Record

_TONGUES: Final = (ENGLISH, CHINESE)
_CELSIUS: Final = (37.3, 43.0)
_FAHRENHEIT: Final = (99.0, 109.4)
"""From where a temperature is a fever, and beyond which it is none of a living person."""
_GAP: Final = " ~ "
"""Stands where a harmless phrase was; no expression matches across it."""


class Warned(Record):
    """What a text warns of: the signs it raises, in the list's order, and whether it names any."""

    signs: tuple[Sign, ...] = ()
    named: bool = False
    """It holds a sign's word, raised or not: somebody reads it first."""


@dataclass(frozen=True)
class _SignRead:
    always: re.Pattern[str]
    beside: re.Pattern[str]
    noted: re.Pattern[str]
    elsewhere: re.Pattern[str]


@dataclass(frozen=True)
class _Read:
    """A language's expressions, compiled."""

    tongue: Tongue
    signs: dict[Sign, _SignRead]
    body: re.Pattern[str]
    alone: re.Pattern[str]
    """A clause of nothing but words that warn beside others."""
    harmless: re.Pattern[str]
    weather: re.Pattern[str]
    others: re.Pattern[str]
    own: re.Pattern[str]
    past: re.Pattern[str]
    clause: re.Pattern[str]
    denial: re.Pattern[str]
    calm: re.Pattern[str]
    degrees: re.Pattern[str]


@dataclass
class _Clause:
    """One clause: what it names, what it warns of by itself, what only beside others."""

    named: set[Sign]
    sure: set[Sign]
    leaning: set[Sign]
    """Warns if another clause does."""
    denied: bool
    calm: bool


def read_warning(text: str) -> Warned:
    """Read the signs of a text in either language; a mixed text is read in both."""
    found = [_read_in(_compiled(number), text) for number in range(len(_TONGUES))]
    raised = {sign for one in found for sign in one.signs}
    return Warned(
        signs=tuple(sign for sign in Sign if sign in raised),
        named=any(one.named for one in found),
    )


def _read_in(read: _Read, text: str) -> Warned:
    flat = respell(read.tongue, fold(text))
    named = any(_hits(read, flat))
    kept = read.harmless.sub(_GAP, flat)
    clauses = [_judge(read, one) for one in _clauses(read, kept)]
    raised: set[Sign] = set().union(*(one.sure for one in clauses))
    silenced = [one for one in clauses if one.denied]
    if raised:
        raised = raised.union(*(one.leaning for one in clauses))
    elif any(not one.denied and not one.calm for one in clauses):
        # A denial beside words that are no part of it: in doubt somebody looks.
        raised = raised.union(*(one.named for one in silenced))
    named = named or any(one.named for one in clauses)
    return Warned(signs=tuple(raised), named=named)


def _clauses(read: _Read, text: str) -> Iterable[str]:
    return (one for one in (part.strip() for part in read.clause.split(text)) if one)


def _judge(read: _Read, clause: str) -> _Clause:
    """Judge one clause by itself."""
    if read.calm.fullmatch(clause):
        return _Clause(set(), set(), set(), denied=False, calm=True)
    always, beside, noted = _found(read, clause)
    named = always | beside | noted
    if read.denial.fullmatch(clause):
        return _Clause(named, set(), set(), denied=True, calm=False)
    if _is_of_others(read, clause) or read.past.search(clause):
        return _Clause(named, set(), set(), denied=False, calm=False)
    has_body = read.body.search(clause) is not None
    if read.weather.search(clause) and not _FLESH.search(clause):
        return _Clause(named, always - {Sign.fever}, set(), denied=False, calm=False)
    if has_body or read.alone.fullmatch(clause):
        always |= beside
    return _Clause(named, always, beside, denied=False, calm=False)


def _is_of_others(read: _Read, clause: str) -> bool:
    """Tell whether a clause is about somebody who cannot be the participant."""
    match = read.others.match(clause)
    return match is not None and not read.own.search(clause[match.end() :])


def _found(read: _Read, clause: str) -> tuple[set[Sign], set[Sign], set[Sign]]:
    """Return the signs whose words a clause holds: that warn, that warn beside others, noted."""
    always = {sign for sign, one in read.signs.items() if one.always.search(clause)}
    beside = {sign for sign, one in read.signs.items() if one.beside.search(clause)}
    noted = {sign for sign, one in read.signs.items() if one.noted.search(clause)}
    fever = _fever(read, clause)
    if fever is not None:
        (always if fever else noted).add(Sign.fever)
    moved = {
        sign
        for sign in always
        if read.signs[sign].elsewhere.search(clause) and not _KNEE.search(clause)
    }
    return always - moved, beside, noted | moved


_KNEE: Final = re.compile(r"\bknees?\b|\bjoint\b|膝|关节|波棱盖")
_FLESH: Final = re.compile(_KNEE.pattern + r"|\blegs?\b|\bskin\b|\bwound\b|\bi have\b|腿|皮肤|伤口")


def _fever(read: _Read, clause: str) -> bool | None:
    """Tell whether a temperature is a fever's; None where none is said."""
    said = None
    for match in read.degrees.finditer(clause):
        digits = next(one for one in match.groups() if one)
        value = float(re.sub(r"[,点度]", ".", digits))
        high = _CELSIUS[0] <= value <= _CELSIUS[1] or _FAHRENHEIT[0] <= value <= _FAHRENHEIT[1]
        said = high or bool(said)
    return said


def _hits(read: _Read, text: str) -> Iterable[bool]:
    """Tell for each sign whether the whole text, harmless phrases and all, holds a word of it."""
    for one in read.signs.values():
        yield any(each.search(text) is not None for each in (one.always, one.beside, one.noted))


@cache
def _compiled(number: int) -> _Read:
    tongue = _TONGUES[number]
    words = [word for one in tongue.signs.values() for word in one.denied]
    listed = "(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")"
    beside = [each for one in tongue.signs.values() for each in one.beside]
    return _Read(
        tongue=tongue,
        signs={sign: _compile_sign(one) for sign, one in tongue.signs.items()},
        body=any_of(tongue.body),
        alone=re.compile(rf"(?:\W|{'|'.join(beside)}|{tongue.only})+"),
        harmless=any_of(*tongue.harmless),
        weather=any_of(tongue.weather),
        others=any_of(tongue.others),
        own=any_of(tongue.own),
        past=any_of(tongue.past),
        clause=any_of(tongue.clause),
        denial=_denial(tongue, listed),
        calm=re.compile(rf"(?:\W*{tongue.calm}\W*)+"),
        degrees=any_of(tongue.degrees),
    )


def _denial(tongue: Tongue, listed: str) -> re.Pattern[str]:
    """A short form with its plain word and the little that may stand around it: no question."""
    forms = "|".join(form.format(word=listed) for form in tongue.denial)
    lead = rf"(?:{tongue.calm}[\s:]*)*"
    tail = r"(?:[\s,]*(?:thanks|thank you|today|at all|here|so far|谢谢|呢|的|啊|哈))*"
    return re.compile(rf"{lead}(?:{forms})(?: (?:{forms}))*{tail}[\W]*?(?<!\?)")


def _compile_sign(words: SignWords) -> _SignRead:
    return _SignRead(
        always=any_of(*words.always),
        beside=any_of(*words.beside),
        noted=any_of(*words.noted),
        elsewhere=any_of(*(() if words.elsewhere is None else (words.elsewhere,))),
    )
