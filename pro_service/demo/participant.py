"""A simulated participant at work: answers by text and on the pages, and keeps the book of it."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Final
from uuid import UUID

from pro_service.demo.browser import Browser, Page, PageForm
from pro_service.demo.habits import (
    HALF_WAY,
    LOSES_SESSION_AFTER,
    PAUSE,
    SIGNATURE,
    STOP_AFTER_INJECTION,
    WORDS,
    WRONG_NUMBER,
    gives_up_after,
    spelt,
)
from pro_service.demo.ledger import Ledger, SentAnswer
from pro_service.demo.personas import Kind, Persona
from pro_service.demo.provider.fake import ProviderFake
from pro_service.demo.reading import Question, Reader
from pro_service.domain.errors import ProServiceError
from pro_service.domain.instruments.model import Item
from pro_service.domain.instruments.numbers import Value
from pro_service.domain.study.times import local_day, zone

DOES_NOT_APPLY: Final = frozenset({"function_7", "function_13"})
PREFERS_NOT_TO_SAY: Final = "pain_3"
SIGNS: Final = frozenset({"hot_or_red_knee", "fast_growing_swelling"})
MOST_TEXTS: Final = 200
"""A sitting that takes more is not understood; it would never end."""
REVIEW: Final = "/q/review"
LANGUAGE_FORM: Final = "/q/language"
WHO: Final = "who"
"""The row of choices that asks who is answering; the first is the participant, alone."""
PHONE: Final = "Mozilla/5.0 (Linux; Android 14; Mobile)"


class LostOnThePagesError(ProServiceError):
    """A simulated participant met a page that leads nowhere."""


class Participant:
    """One persona with a phone in hand."""

    def __init__(
        self,
        persona: Persona,
        *,
        provider: ProviderFake,
        reader: Reader,
        items: dict[str, Item],
        ledger: Ledger,
        personal_code: str,
    ) -> None:
        """Nothing is sent yet. `items` are the study's items by code."""
        self.persona = persona
        self.injected_at: datetime | None = None
        self.planned = False
        """Whether the next sitting is fixed already."""
        self.stopped = False
        self.dead = False
        self._provider = provider
        self._reader = reader
        self._items = items
        self._ledger = ledger
        self._personal_code = personal_code
        self._text: str | None = None
        self._link: str | None = None
        self._browser: Browser | None = None
        self._asked: Counter[tuple[date, str]] = Counter()
        self._said_words = False
        self._has_paused = False
        self._checklists = 0

    async def close(self) -> None:
        """Shut the browser."""
        if self._browser is not None:
            await self._browser.close()

    def receives(self, body: str) -> bool:
        """A text arrives; whether it is meant for this participant."""
        meant = self._reader.meant_for(body)
        if meant is not None and not self._personal_code.startswith(meant):
            return False
        self._text = body
        self._link = self._reader.link(body) or self._link
        return True

    async def sit_down(self, now: datetime) -> bool:
        """Answer what is open; whether to come back for the rest on the page."""
        day = local_day(now, zone(self.persona.zone))
        if await self._wants_none_of_it(now):
            return False
        most = gives_up_after(self.persona, day)
        if self._link is not None:
            link, self._link = self._link, None
            if not await self._by_link(link, day, most):
                return False
        if self.persona.kind is Kind.half:
            most = HALF_WAY
        ended = await self._by_text(day, most)
        return self.persona.kind is Kind.half and not ended

    async def ask_for_the_page(self, now: datetime) -> None:
        """Ask for a link, and end there what was begun by text."""
        reply = await self._say("LINK" if self.persona.language == "en" else "链接")
        link = self._reader.link(reply)
        if link is not None:
            await self._by_link(link, local_day(now, zone(self.persona.zone)), None)

    async def answer_on_the_page(self, link: str, now: datetime) -> None:
        """Answer what is open on the page behind a link, to the end."""
        await self._by_link(link, local_day(now, zone(self.persona.zone)), None)

    async def _wants_none_of_it(self, now: datetime) -> bool:
        """Say so, where instead of an answer there is to be silence, or a rest."""
        language = self.persona.language
        if self._says_stop(now):
            await self._say("STOP" if language == "en" else "退订")
            self.stopped = True
            return True
        if self.persona.kind is Kind.stranger:
            await self._say(WRONG_NUMBER[language])
            self.stopped = True
            return True
        if self.persona.kind is Kind.pauses and self.injected_at is None and not self._has_paused:
            self._has_paused = True
            await self._say(PAUSE[language])
            return True
        return False

    def _says_stop(self, now: datetime) -> bool:
        injected = self.injected_at
        due = injected is not None and now >= injected + STOP_AFTER_INJECTION
        return self.persona.kind is Kind.opts_out and due and not self.stopped

    # ---- by text ----

    async def _say(self, text: str) -> str | None:
        self._ledger.texts += 1
        persona = self.persona
        return await self._provider.phone_sends(persona.phone, persona.our_address, text)

    async def _by_text(self, day: date, most: int | None) -> bool:
        """Answer question after question; whether the end was reached."""
        question = self._reader.question(self._text)
        self._text = None
        answered = 0
        for place in range(MOST_TEXTS):
            if question is None:
                return True
            if most is not None and answered >= most:
                return False
            if place == 0:
                await self._begin_awkwardly()
            text, value, gap = self._answer(question, day, answered)
            if self.persona.kind is Kind.signature:
                text += SIGNATURE[self.persona.language]
            reply = await self._say(text)
            if self._reader.asks_code(reply):
                reply = await self._say(self._personal_code)
            elif self._reader.took(reply):
                answered += 1
                self._note(question, value, gap)
                if self._regrets(question, answered):
                    reply = await self._correct(question, value or 0)
            elif self._reader.says_too_late(reply):
                self._ledger.too_late += 1
            question = self._reader.question(reply)
        raise LostOnThePagesError("A sitting by text does not end.")

    async def _begin_awkwardly(self) -> None:
        """What some people send before they answer; none of it is an answer."""
        kind = self.persona.kind
        if kind is Kind.garbled:
            await self._say("3-4")
            await self._say("eleven" if self.persona.language == "en" else "十一")
        if kind is Kind.words and self.injected_at is not None and not self._said_words:
            self._said_words = True
            await self._say(WORDS[self.persona.language])

    def _regrets(self, question: Question, answered: int) -> bool:
        """Some take an early answer back; never a warning sign, which would alarm everybody."""
        return self.persona.kind is Kind.corrects and answered == 2 and question.item.maximum > 1

    async def _correct(self, question: Question, value: int) -> str | None:
        """Take the answer back and give the next value."""
        reply = await self._say("back" if self.persona.language == "en" else "返回")
        if self._reader.question(reply) != question:
            return reply
        other = value - 1 if value == question.item.maximum else value + 1
        reply = await self._say(str(other))
        if self._reader.took(reply):
            self._note(question, other, None)
        return reply

    def _answer(
        self, question: Question, day: date, place: int
    ) -> tuple[str, int | None, str | None]:
        """The text to send, and what it means."""
        english = self.persona.language == "en"
        code = question.item.code
        if self.persona.kind is Kind.skips and code in DOES_NOT_APPLY:
            return ("N/A" if english else "不适用"), None, "not_applicable"
        if self.persona.kind is Kind.skips and code == PREFERS_NOT_TO_SAY:
            return ("skip" if english else "跳过"), None, "skipped"
        value = self._value(question.item, day)
        return spelt(self.persona, value, place), value, None

    def _value(self, item: Item, day: date) -> int:
        if self.persona.kind is Kind.swollen and item.code in SIGNS and self._on_day_3(day):
            return 1
        self._asked[day, item.code] += 1
        injected = self.injected_at
        local = zone(self.persona.zone)
        injected_on = None if injected is None else local_day(injected, local)
        return self.persona.value(item, day, injected_on, self._asked[day, item.code])

    def _on_day_3(self, day: date) -> bool:
        if self.injected_at is None:
            return False
        return (day - local_day(self.injected_at, zone(self.persona.zone))).days == 3

    def _note(self, question: Question, value: Value | None, gap: str | None) -> None:
        self._ledger.sent.append(
            SentAnswer(
                code=self.persona.code,
                way="text",
                item=question.item.code,
                value=value,
                gap=gap,
                instrument=question.instrument,
                target=question.target,
            )
        )

    # ---- on the pages ----

    async def _by_link(self, link: str, day: date, most: int | None) -> bool:
        """Open the link and go from page to page; whether the end was reached."""
        browser = self._browser = self._browser or Browser(agent=PHONE)
        page = await browser.open(link)
        answered, forgets = 0, self.persona.kind is Kind.loses_session
        for _ in range(MOST_TEXTS):
            if page.status == 404:
                self._ledger.too_late += 1
                return True
            form = page.form(LANGUAGE_FORM)
            if form is None:
                onward = page.link("second")
                if onward is None:
                    return True
                page = await browser.open(onward)
                continue
            if most is not None and answered >= most:
                return False
            if form.action == REVIEW and self.persona.kind is Kind.unsent:
                return True
            if forgets and answered >= LOSES_SESSION_AFTER:
                forgets = False
                await browser.close()
                browser = self._browser = Browser(agent=PHONE)
                page = await browser.open(link)
                continue
            noted = self._fill(form, day)
            page = await _send(browser, form)
            self._ledger.sent += noted
            answered += len(noted)
        raise LostOnThePagesError("A sitting on the pages does not end.")

    def _fill(self, form: PageForm, day: date) -> list[SentAnswer]:
        """Choose an answer in every open row of a screen; what was chosen."""
        shown = form.first("assessment")
        noted: list[SentAnswer] = []
        for name, values in form.open_choices.items():
            if name == WHO:
                form.fields.append((name, self._who(values, day)))
                continue
            item = self._items[name.removeprefix("a.")]
            gap = None
            value: Value | None = None
            if "not_applicable" in values and self._cannot_say(item):
                gap = "not_applicable"
            else:
                value = self._value(item, day)
            form.fields.append((name, str(value) if gap is None else gap))
            noted.append(
                SentAnswer(
                    code=self.persona.code,
                    way="link",
                    item=item.code,
                    value=value,
                    gap=gap,
                    assessment_id=UUID(shown) if shown else None,
                )
            )
        return noted

    def _who(self, offered: list[str], day: date) -> str:
        """Who answers on the page this time: nearly always the participant."""
        helped = self.persona.draw("is helped", str(day)).random() < 0.1
        return offered[1] if helped else offered[0]

    def _cannot_say(self, item: Item) -> bool:
        """Some have no car or no bath."""
        return self.persona.draw("has no", item.code).random() < 0.3


async def _send(browser: Browser, form: PageForm) -> Page:
    """Send a form; whatever is still open in it was left open on purpose."""
    leave = [button for button in form.buttons if button[0] == "leave"]
    page = await browser.send(form, *leave)
    if page.status >= 400 and page.status != 404:
        raise LostOnThePagesError(f"{form.action} was answered with {page.status}.")
    return page
