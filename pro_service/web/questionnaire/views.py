"""Turns what a service returned into a page: words in the reader's language, nothing decided."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from aiohttp import web
from markupsafe import escape

from pro_service.domain.instruments.model import LANGUAGES, Item, Language, Words
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.facts import ParticipantFacts
from pro_service.domain.study.protocol import Protocol
from pro_service.domain.study.sittings.open_questions import OpenKind, OpenNow
from pro_service.domain.study.times import last_day_before, local_day, zone
from pro_service.services.pages.questionnaire import Questionnaire
from pro_service.services.pages.screens import Question, Screen
from pro_service.store.ids import new_id
from pro_service.texts.catalogue import format_day
from pro_service.web.policies import SCRIPTED_POLICY
from pro_service.web.questionnaire.forms import ScreenForm, is_typed
from pro_service.web.site import (
    Audience,
    LanguageCookie,
    Site,
    as_page,
    choose_language,
)

LANGUAGE: Final = LanguageCookie("pages_language", "/", 400 * 24 * 3600)
SECONDS_A_QUESTION: Final = 15
"""What an older participant needs, reading included."""

SCRIPTS: Final = ("scale.js", "aloud.js", "saving.js")
"""Classic deferred scripts, in this order."""

_BETWEEN_SENTENCES: Final[dict[Language, str]] = {"en": " ", "zh_CN": ""}

_SECONDS_A_MINUTE: Final = 60
_MOST_KEPT: Final = 1_000
_BLANKS: Final = ("\x02first\x03", "\x02second\x03", "\x02third\x03")
"""What stands in a text that is kept for the words that are not the same for everybody."""
_TOLD_APART_BY: Final = ("number", "group", "target", "may_alarm", "may_hand_over")


AUDIENCE: Final = Audience(
    package="pro_service.web.questionnaire",
    catalogue="pages",
    prefix="page",
    static="/q/static",
    style="pages.css",
    chart_style="trend.css",
    scripts=SCRIPTS,
    failures={
        HTTPStatus.FORBIDDEN: "refused",
        HTTPStatus.CONFLICT: "other_link",
        HTTPStatus.SERVICE_UNAVAILABLE: "busy",
    },
)


class ScreenReader(NamedTuple):
    """Who a screen is written for."""

    language: Language
    languages: tuple[Language, ...]
    """Those of the study."""
    questions: int
    """How many there are in the questionnaire."""
    who: str
    """Who answers, in one word."""


class Pages(Site):
    """Renders the participants' pages."""

    def __init__(self) -> None:
        """Read templates, words, style sheet and scripts once."""
        super().__init__(AUDIENCE)
        self._kept: dict[tuple[object, ...], tuple[object, str]] = {}

    def screen(self, reader: ScreenReader, screen: Mapping[str, Any]) -> str:
        """One screen, as a part of a page. Untouched it is written once for everybody, but for
        three words: its form's key, the assessment and who answers."""
        asked: Sequence[Question] = screen["asked"]
        plain = screen["is_untouched"] and not screen["afresh"]
        if not plain or screen["ask"] or screen["overtaken"]:
            return self._screen(reader, screen)
        same = (*reader[:-1], *(screen[name] for name in _TOLD_APART_BY), *map(id, asked))

        def blank(key: str, assessment: str, who: str) -> str:
            there = {**screen, "key": key, "assessment": assessment}
            return self._screen(reader._replace(who=who), there)

        words = (screen["key"], screen["assessment"], reader.who)
        # The questions are kept: nothing else can have their ids.
        return self._filled_in(same, blank, [str(escape(one)) for one in words], kept=asked)

    def _filled_in(
        self,
        same: tuple[object, ...],
        blank: Callable[..., str],
        words: Collection[str],
        kept: object = None,
    ) -> str:
        """What is the same for everybody but for these words: written once, with marks for them.

        `kept` stays as long, so that what `same` tells it apart by stays its own.
        """
        found = self._kept.get(same)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[same] = (kept, blank(*_BLANKS[: len(words)]))
        text = found[1]
        for mark, word in zip(_BLANKS, words, strict=False):
            text = text.replace(mark, word)
        return text

    def _screen(self, reader: ScreenReader, screen: Mapping[str, Any]) -> str:
        language, form = reader.language, screen["form"]
        questions = [_question_values(one, language, form) for one in screen["asked"]]
        return self.write(
            "screen_alone.html",
            language,
            languages=reader.languages,
            count=reader.questions,
            who=reader.who,
            screen={**screen, "questions": questions},
        )

    def render(
        self,
        template: str,
        language: Language,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        languages: tuple[Language, ...] = LANGUAGES,
        back: str = "/q",
        larger: bool = False,
        scripted: bool = False,
        filled: Mapping[str, str] | None = None,
        **values: Any,
    ) -> web.Response:
        """One page. `back` is where the change of language returns to; `larger`: its letters.

        A `scripted` page brings our scripts, and the policy that admits them. With `filled` it is
        the same for everybody of whom `values` are, but for these, which are HTML already.
        """

        def written(**more: object) -> str:
            return self.write(
                template,
                language,
                languages=languages,
                words=partial(in_words, language),
                between=_BETWEEN_SENTENCES[language],
                scripts=self.scripts if scripted else [],
                back=back,
                larger=larger,
                **values,
                **more,
            )

        if filled is None:
            body = written(key=str(new_id()))
        else:
            same = (template, language, languages, back, larger, scripted, *sorted(values.items()))
            body = self._filled_in(
                same,
                lambda *marks: written(**dict(zip(filled, marks, strict=True))),
                filled.values(),
            )
        return as_page(body, status=status, policy=SCRIPTED_POLICY if scripted else None)

    def neutral(self, request: web.Request, template: str = "neutral.html") -> web.Response:
        """The one page for a link that is unknown, expired or finished: it tells nothing apart.

        A link of a letter asks no questions, and has words of its own.
        """
        return self.render(template, guess_language(request), status=HTTPStatus.NOT_FOUND)

    def closed(self, request: web.Request) -> web.Response:
        """The page for a request without a session: link or card are to be opened again."""
        language = guess_language(request)
        return self.render(
            "again.html", language, status=HTTPStatus.FORBIDDEN, languages=(), fields=[]
        )

    def failure(self, request: web.Request, status: HTTPStatus) -> web.Response:
        """The page for a request that failed."""
        if status is HTTPStatus.NOT_FOUND:
            return self.neutral(request)
        language, reason = guess_language(request), self.reason(status)
        return self.render("failure.html", language, status=status, reason=reason)


def guess_language(request: web.Request) -> Language:
    """The language of a page for nobody in particular: chosen before, else the browser's first."""
    return choose_language(request, LANGUAGE)


def language_for(request: web.Request, questionnaire: Questionnaire) -> Language:
    """The language chosen here if the study has it, else the participant's own."""
    return language_of(request, questionnaire.protocol, questionnaire.facts)


def language_of(request: web.Request, protocol: Protocol, facts: ParticipantFacts) -> Language:
    """The language chosen here if the study has it, else the participant's own."""
    return choose_language(
        request, LANGUAGE, preferred=facts.language, languages=protocol.study.languages
    )


def in_words(language: Language, words: Words) -> str:
    """Words in the language, beginning with a capital where it has them."""
    text = words[language]
    return text[:1].upper() + text[1:]


def last_day(questionnaire: Questionnaire, language: Language) -> str | None:
    """The last day on which everything open can be answered, in the participant's zone."""
    closes_at: datetime | None = questionnaire.closes_at
    if closes_at is None:
        return None
    return format_day(last_day_before(closes_at, zone(questionnaire.facts.zone)), language)


def minutes_needed(questionnaire: Questionnaire) -> int:
    """About how long the open questions take, in whole minutes, rounded up."""
    return max(1, -(-questionnaire.unsettled_count * SECONDS_A_QUESTION // _SECONDS_A_MINUTE))


def day_of(questionnaire: Questionnaire, at: datetime, language: Language) -> str:
    """The day of an instant where the participant lives, in words."""
    return format_day(local_day(at, zone(questionnaire.facts.zone)), language)


def sent_day(questionnaire: Questionnaire, language: Language) -> str | None:
    """The day on which answers were last sent in, in words; None: none were."""
    at = questionnaire.sent_at
    return None if at is None else day_of(questionnaire, at, language)


def open_values(questionnaire: Questionnaire, language: Language) -> dict[str, Any]:
    """What is open, for every page that says so: one count, of all that is asked."""
    return {
        "count": questionnaire.question_count,
        "left": questionnaire.unsettled_count,
        "done": questionnaire.question_count - questionnaire.unsettled_count,
        "minutes": minutes_needed(questionnaire),
        "hours": min(
            (one.instrument.attempt_span_hours for one in questionnaire.screens), default=0
        ),
        "unsent": questionnaire.is_unsent,
        "last_day": last_day(questionnaire, language),
        "afresh": afresh_values(
            questionnaire, [part.found for part in questionnaire.afresh], language
        ),
    }


def afresh_values(
    questionnaire: Questionnaire, found: Sequence[OpenNow], language: Language
) -> dict[str, Any] | None:
    """How much was answered of what begins afresh, and when; None where nothing does."""
    anew = [one for one in found if one.kind is OpenKind.afresh]
    given = [one.given_at for one in anew if one.given_at is not None]
    if not given:
        return None
    return {
        "kept": sum(one.kept for one in anew),
        "day": day_of(questionnaire, max(given), language),
    }


def screen_values(screen: Screen, language: Language, form: ScreenForm | None) -> dict[str, Any]:
    """What the screen's template needs, with what was entered if it came back."""
    return {
        "key": str(new_id()),
        "number": screen.number,
        "assessment": screen.assessment_id,
        "group": screen.group,
        "target": screen.target,
        "recall": in_words(language, screen.instrument.recall),
        "asked": screen.questions,
        "form": form,
        "mistaken": bool(form and form.mistakes),
        "may_alarm": screen.may_alarm,
        "is_untouched": form is None and not screen.begun,
        "ask": False,
        "overtaken": False,
        "afresh": None,
        # A sitting keeps the respondent it began with; who takes over says so before the next.
        "may_hand_over": screen.group == 0 and screen.number > 1 and not screen.begun,
    }


def _question_values(
    question: Question, language: Language, form: ScreenForm | None
) -> dict[str, Any]:
    item = question.item
    shown = question.is_shown
    saved = str(question.value) if shown and question.value is not None else ""
    does_not_apply = shown and question.gap == "not_applicable"
    if form is not None:
        saved = form.entered.get(f"a.{item.code}", "")
        does_not_apply = f"x.{item.code}" in form.entered or saved == "not_applicable"
    return {
        "code": item.code,
        "number": question.number,
        "label": in_words(language, item.label),
        "low": item.low_anchor.get(language, ""),
        "high": item.high_anchor.get(language, ""),
        "minimum": item.minimum,
        "maximum": item.maximum,
        "step": item.step,
        "decimals": item.decimals,
        "choices": [(one.value, in_words(language, one.label)) for one in item.choices],
        "typed": is_typed(item),
        "may_not_apply": question.may_not_apply,
        "entered": saved,
        "does_not_apply": does_not_apply,
        "was": question.response_id or "",
        "left_open": shown and question.gap == "skipped",
        "hidden": question.hidden,
        "skippable": item.skippable,
        "settled": question.settled,
        "mistake": form.mistakes.get(item.code) if form is not None else None,
    }


def review_values(
    questionnaire: Questionnaire, language: Language, text: Callable[..., str]
) -> list[dict[str, Any]]:
    """What the review's template needs: every part with its answers in words."""
    return [
        {
            "id": part.assessment_id,
            "target": part.screens[0].target,
            "recall": in_words(language, part.screens[0].instrument.recall),
            "begun": part.begun,
            "unsent": part.is_unsent,
            "may_change": part.found.may_change,
            "hides": any(question.hidden for question in part.questions),
            "rows": [
                {
                    "code": question.item.code,
                    "label": in_words(language, question.item.label),
                    "answer": answer_in_words(question, language, text),
                    "settled": question.settled,
                    "may_change": part.found.may_change and not question.hidden,
                    "skippable": question.item.skippable,
                    "screen": screen.number,
                }
                for screen in part.screens
                for question in screen.questions
            ],
        }
        for part in questionnaire.parts
    ]


def answer_in_words(question: Question, language: Language, text: Callable[..., str]) -> str:
    """An answer as the review shows it: a choice's words, a number with its range, or the gap."""
    item: Item = question.item
    if question.hidden:
        return text("review.answered")
    if question.value is not None:
        labels: Mapping[Value, Words] = {one.value: one.label for one in item.choices}
        if question.value in labels:
            return in_words(language, labels[question.value])
        return text("review.number", value=question.value, maximum=item.maximum)
    if question.gap is None:
        return text("review.none")
    return text("review.not_applicable" if question.gap == "not_applicable" else "review.left_open")
