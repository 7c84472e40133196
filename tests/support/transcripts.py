"""Transcripts: what phones send and get through the real webhook, in a form people can read.

A line is one of these; everything else in a file follows from them and is compared:

    # K-001 en 1              a participant: code, language, and the phone they use
    @ ask                     study time moves to the next reminder, and it goes out
    @ ask, refused by 429     the same, but the provider does not take it yet
    @ 20 minutes later        study time moves
    @ after closing           study time moves to an hour after the first visit's window
    @ tried again             the provider posts what we missed
    @ number K-001 5          staff give a participant another phone
    @ first text K-001        staff send them the first text
    1 > 4                     phone 1 sends a text; what it counted as and the reply follow
    1 >> 4                    the same at the same time as the other such lines around it
    1 x> 4                    the same, but nobody hears the webhook
    = answer K-001            disposition, command, whose it is
    1 < Thank you.            phone 1 gets a line of a text
    # answers: ...            what is kept at the end; `late` came after the window had closed

`(picture)` before a text sends one along; `(1600 characters)` repeats the rest up to that length.
A participant's code, its start and a link are written as `<code of K-001>`,
`<start of K-001's code>` and `<link>`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any, Final

from pro_service.domain.study.facts import start_of
from pro_service.services.base.turns import Who
from pro_service.services.receiving import inbound
from pro_service.services.texting import numbers
from pro_service.services.texting.proving.first_texts import send_first_text
from tests.support.study import ACTOR, SENDER, phone, row
from tests.support.twilio.trial import TwilioTrial

_SAYS: Final = re.compile(r"(\d+) (>>|x>|>) ?(.*)")
_LINK: Final = re.compile(r"https?://\S+/q/\S+")
_LONG: Final = re.compile(r"\((\d+) characters\) ?(.*)")


@dataclass
class Transcript:
    """Lives one transcript through a trial, and says what came of it in the same form."""

    trial: TwilioTrial
    lines: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    async def live(self, script: list[str]) -> list[str]:
        """The transcript as it goes."""
        for kind, group in groupby(_said(script), key=_kind):
            together = list(group)
            if kind == "at once":
                await self._at_once(together)
                continue
            for line in together:
                self.lines.append(line)
                await getattr(self, f"_{kind}")(line)
        return [*self.lines, await self._answers()]

    async def _participant(self, line: str) -> None:
        code, language, number = line[2:].split()
        cells = {"language": language, "phone": phone(int(number))}
        await self.trial.enrol_rows(row(code, **cells))
        personal = await self.trial.operator.fetchval(
            "SELECT personal_code FROM pro.participants WHERE code = $1", code
        )
        self.codes[personal] = code

    async def _stage(self, line: str) -> None:
        words = line[2:].split()
        if words[0] == "ask" or words[0] == "ask,":
            if "429" in words:
                self.trial.fake.faults.next_sends.append("429")
            await self._to("SELECT min(due_at) FROM pro.reminders WHERE ended_at IS NULL")
            await self.trial.remind()
            await self.trial.fake.drain()
            self._show_new()
        elif words == ["after", "closing"]:
            await self._to("SELECT min(closes_at) + interval '1 hour' FROM pro.visits")
        elif words == ["tried", "again"]:
            missed, self.trial.fake.unanswered = self.trial.fake.unanswered, []
            for came in missed:
                await self._told(came.from_, [self.trial.fake.post_inbound(came)])
        elif words[0] == "number":
            who = self.trial.participants[words[1]]
            given = (self.trial.operator, self.trial.context, self.trial.study_id, who)
            await numbers.change_number(Who(*given), phone(int(words[2])), ACTOR, "bought another")
        elif words[:2] == ["first", "text"]:
            who = self.trial.participants[words[2]]
            given = (self.trial.pools.worker, self.trial.context, self.trial.study_id, who)
            await send_first_text(Who(*given), ACTOR)
            await self.trial.retry()
            await self.trial.fake.drain()
            self._show_new()
        else:
            assert words[1:] == ["minutes", "later"], line
            await self.trial.move(timedelta(minutes=int(words[0])))

    async def _says(self, line: str) -> None:
        number, how, text, pictures = _message(line)
        send = self.trial.fake.phone_sends(
            number, SENDER, self._meant(text), media=pictures, post=how != "x>"
        )
        if how == "x>":
            await send
        else:
            await self._told(number, [send])

    async def _at_once(self, lines: list[str]) -> None:
        """All are read before any is written."""
        self.lines += lines
        barrier = asyncio.Barrier(len(lines))
        first: set[str] = set()
        decide = inbound._decide

        async def together(connection: Any, context: Any, received: Any) -> Any:
            outcome = await decide(connection, context, received)
            if received.text.provider_id not in first:
                first.add(received.text.provider_id)
                await barrier.wait()
            return outcome

        inbound._decide = together
        try:
            sent = [_message(line) for line in lines]
            phones = self.trial.fake.phone_sends
            await self._told(
                sent[0][0], [phones(n, SENDER, self._meant(text)) for n, _, text, _ in sent]
            )
        finally:
            inbound._decide = decide

    async def _told(self, number: str, sending: list[Any]) -> None:
        """What texts counted as, and the replies; of texts at once in alphabetical order."""
        before = await self._dispositions()
        replies = await asyncio.gather(*sending)
        fresh = (await self._dispositions())[len(before) :]
        shown = []
        for counted, reply in zip(fresh, self._in_order(replies), strict=True):
            lines = [] if reply is None else self._shown(number, reply)
            shown.append([counted, *lines])
        for lines in sorted(shown):
            self.lines += lines

    @staticmethod
    def _in_order(replies: list[str | None]) -> list[str | None]:
        """Replies beside their texts: an answer is told by its reply, which thanks or asks."""
        return sorted(replies, key=lambda reply: "crossed" in (reply or ""))

    async def _dispositions(self) -> list[str]:
        rows = await self.trial.fetch(
            "SELECT i.disposition, i.command, coalesce(p.code, 'nobody') FROM pro.inbounds AS i"
            " LEFT JOIN pro.participants AS p ON p.id = i.participant_id ORDER BY i.id"
        )
        return ["= " + " ".join(str(one) for one in each if one is not None) for each in rows]

    async def _to(self, sql: str) -> None:
        """Move study time to the instant a query finds."""
        ((at,),) = await self.trial.fetch(sql)
        await self.trial.move(at - await self.trial.now())

    def _show_new(self) -> None:
        """Texts that went out through the API since this was last asked."""
        for number in sorted({one.to for one in self.trial.fake.taken}):
            sent = self.trial.fake.sent_to(number)
            fresh = [self._shown(number, one.body) for one in sent[self.seen.get(number, 0) :]]
            for lines in sorted(fresh):  # two went out at once in either order
                self.lines += lines
            self.seen[number] = len(sent)

    def _shown(self, number: str, text: str) -> list[str]:
        text = _LINK.sub("<link>", text)
        for personal, code in self.codes.items():
            text = text.replace(personal, f"<code of {code}>")
            start = rf"(?<![A-Z0-9]){start_of(personal)}(?![A-Z0-9])"
            text = re.sub(start, f"<start of {code}'s code>", text)
        return [f"{_label(number)} < {line}" for line in text.split("\n")]

    def _meant(self, text: str) -> str:
        for personal, code in self.codes.items():
            text = text.replace(f"<code of {code}>", personal)
            text = text.replace(f"<start of {code}'s code>", start_of(personal))
        return text

    async def _answers(self) -> str:
        rows = await self.trial.fetch(
            "SELECT p.code, r.item, coalesce(r.value::text, '-'), r.received_at >= v.closes_at,"
            " c.response_id IS NULL FROM pro.responses AS r"
            " LEFT JOIN pro.sitting_responses AS c ON c.response_id = r.id"
            " JOIN pro.assessments AS a ON a.id = r.assessment_id"
            " JOIN pro.visits AS v ON v.id = a.visit_id"
            " JOIN pro.participants AS p ON p.id = r.participant_id ORDER BY p.code, r.id"
        )
        said = [
            f"{code} {item}={value}{' late' if late else ''}{' (stands no more)' if old else ''}"
            for code, item, value, late, old in rows
        ]
        return "# answers: " + ("; ".join(said) or "none")


def _said(script: list[str]) -> Iterator[str]:
    """The lines that do something; the others only follow."""
    for line in script:
        if (
            line.startswith("@ ")
            or _SAYS.fullmatch(line)
            or (line.startswith("# ") and not line.startswith("# answers:"))
        ):
            yield line


def _kind(line: str) -> str:
    if line.startswith("#"):
        return "participant"
    if line.startswith("@"):
        return "stage"
    return "at once" if " >> " in line else "says"


def _message(line: str) -> tuple[str, str, str, int]:
    """Number, how it is sent, text, pictures."""
    found = _SAYS.fullmatch(line)
    assert found is not None
    label, how, text = found.groups()
    pictures = text.startswith("(picture)")
    text = text.removeprefix("(picture)").removeprefix(" ") if pictures else text
    if long := _LONG.fullmatch(text):
        size = int(long[1])
        text = (long[2] * size)[:size]
    return phone(int(label)), how, text.replace("\\n", "\n"), int(pictures)


def _label(number: str) -> str:
    return str(int(number.removeprefix("+1202555")) - 100)
