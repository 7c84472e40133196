"""One inbound text, one step: the pure heart of the conversation.

The rules: a text is credited only to the question that is open and was really asked; a later
plain number never changes an answered item, `back` does; what cannot be read is asked again, and
words that are no answer are for somebody to read. After two failures the other way is offered
(a link, or a call where no link works), after three a call is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pro_service.domain.conversation.asking import EXCHANGE_LASTS
from pro_service.domain.conversation.commands import Command, recognise
from pro_service.domain.conversation.dialogue import (
    AgendaEntry,
    Dialogue,
    Disposition,
    Given,
    ItemAnswer,
    ItemReference,
    Prompt,
    Step,
    TextPart,
)
from pro_service.domain.conversation.reply import Gap, Reason, read_alone, understand_several
from pro_service.domain.conversation.sending import offer, send
from pro_service.domain.conversation.wrong_numbers import may_be_own_slip
from pro_service.domain.instruments.model import Item
from pro_service.domain.instruments.numbers import Value

OFFER_AFTER = 2
CALL_AFTER = 3

Agenda = Sequence[AgendaEntry]


RESTING = frozenset({Command.pause, Command.go_on, Command.later})
"""What is about the hours of texts, and about no question."""


ANSWERING = frozenset({Command.in_person, Command.with_reader})
"""What says who answers (rule R25)."""


class _Line(NamedTuple):
    """What stands around a text, beside its words."""

    prompt_accepted: bool
    link_possible: bool
    staff_wrote: bool


class _Asked(NamedTuple):
    """The open prompt with the agenda entry and items it asks for."""

    prompt: Prompt
    entry: AgendaEntry
    items: tuple[Item, ...]


def begin(agenda: Agenda, now: datetime) -> tuple[Dialogue, tuple[TextPart, ...]]:
    """Return the dialogue that opens with the first open question, and that question's words.

    Only sending left: an empty dialogue and how to send. Nothing open: that, and no words.
    """
    prompt = _next_prompt(agenda, now)
    return Dialogue(prompt=prompt), _question(prompt, agenda) or offer(agenda)


def advance(
    dialogue: Dialogue,
    agenda: Agenda,
    text: str,
    now: datetime,
    *,
    prompt_accepted: bool = True,
    link_possible: bool = True,
    pictures: bool = False,
    staff_wrote: bool = False,
) -> Step:
    """Decide what `text`, received at `now`, does to the conversation.

    `agenda` holds the assessments open on this line, with the answers that stand now; it may also
    hold ones just completed, so that `back` reaches them. `prompt_accepted` is False when the text
    was received before the open question can have reached the participant (`is_asked`): it then
    answers nothing. `staff_wrote`: what they wrote is the latest on the line, so this goes to them.
    `link_possible` tells whether a link may be sent on this line. `pictures` came with
    the text: nobody here can see them, so somebody must ask what they show.
    """
    line = _Line(prompt_accepted, link_possible, staff_wrote)
    if not pictures:
        return _advance(dialogue, agenda, text, now, line)
    if not text.strip():
        asked = _asked(dialogue, agenda)
        present = _refreshed(dialogue, asked, agenda, now)
        step = Step(
            dialogue=present, reply=_question(present.prompt, agenda), disposition="needs_reading"
        )
    else:
        step = _advance(dialogue, agenda, text, now, line)
    if step.command in (Command.stop, Command.reaction):
        return step
    reply = (TextPart(key="picture.noted"), *step.reply)
    return step.model_copy(update={"reply": reply, "disposition": "needs_reading"})


def _advance(dialogue: Dialogue, agenda: Agenda, text: str, now: datetime, line: _Line) -> Step:
    """The same for a text without pictures."""
    command = recognise(text)
    if command is Command.reaction:
        return Step(dialogue=dialogue, disposition="reaction", command=command)
    if command is Command.stop:
        return _say(dialogue, command, "opt_out.confirmed")
    if command is Command.wrong_number:
        if not may_be_own_slip(text):
            return _say(dialogue, command, "wrong_number.noted")
        command = Command.back  # Whoever hands it on has seen the answer it is about.
    asked = _asked(dialogue, agenda)
    present = _refreshed(dialogue, asked, agenda, now)
    question = _question(present.prompt, agenda)
    if command is Command.send:
        return send(present, agenda, question)
    question = question or offer(agenda)
    if command in (Command.help, Command.start):
        key = "help" if command is Command.help else "opt_in.confirmed"
        return _say(present, command, key, *question)
    if command is Command.unwell:
        # Whoever can open the checklist does so before it comes here (`receiving/unwell.py`).
        return _say(present, command, "unwell.noted", TextPart(key="unwell.call"), *question)
    if command is Command.link:
        key = "link.here" if line.link_possible else "link.impossible"
        return _say(present, command, key, *question, offer_other_way=True)
    if command is Command.back:
        return _back(present, agenda, now)
    if command in RESTING:
        # Whoever knows the nudges and the hours says what comes of it; what was asked stays asked.
        return Step(dialogue=dialogue, disposition="command", command=command)
    if command in ANSWERING:
        # Who answers is stored with a sitting, by whoever knows the telephone; never as an answer.
        reply = question or (TextPart(key="nothing_open"),)
        return Step(dialogue=present, reply=reply, disposition="command", command=command)
    if line.staff_wrote:
        # Asking again would make an answer of whatever is written to them next.
        noted = (TextPart(key="reading.noted"),)
        return Step(dialogue=dialogue, reply=noted, disposition="needs_reading", command=command)
    if not line.prompt_accepted:
        disposition: Disposition = "command" if command else "needs_reading"
        lead = "crossed" if question else "nothing_open"
        if not command and read_alone(text) == "words":
            lead = "reading.noted"
        reply = (TextPart(key=lead), *question)
        return Step(dialogue=present, disposition=disposition, command=command, reply=reply)
    if asked is None:
        return _nothing_asked(dialogue, present, text, command, question)
    if command is not None:
        return _leave_open(present, asked, agenda, command, now)
    understood = understand_several(asked.items, text)
    if understood.answers is None:
        return _ask_again(present, asked, understood.reason, question, line.link_possible)
    return _accept(asked, agenda, understood.answers, now)


def _say(
    dialogue: Dialogue,
    command: Command,
    key: str,
    *question: TextPart,
    offer_other_way: bool = False,
) -> Step:
    return Step(
        dialogue=dialogue,
        reply=(TextPart(key=key), *question),
        disposition="command",
        command=command,
        offer_other_way=offer_other_way,
    )


def _next_prompt(agenda: Agenda, now: datetime) -> Prompt | None:
    for entry in agenda:
        items = entry.next_items
        if items:
            codes = tuple(item.code for item in items)
            return Prompt(assessment_id=entry.assessment_id, items=codes, asked_at=now)
    return None


def _entry(agenda: Agenda, assessment_id: object) -> AgendaEntry | None:
    return next((entry for entry in agenda if entry.assessment_id == assessment_id), None)


def _asked(dialogue: Dialogue, agenda: Agenda) -> _Asked | None:
    """Return the open question if it can still be answered.

    None when nothing was asked, when its assessment is no longer open, or when one of its items
    was meanwhile answered elsewhere (unless it was asked again in order to change that answer).
    Where the sitting begins afresh only its first question can: what was asked later, or to be
    changed, belongs to the sitting of before.
    """
    prompt = dialogue.prompt
    entry = _entry(agenda, prompt.assessment_id) if prompt else None
    if prompt is None or entry is None:
        return None
    known = {item.code for item in entry.instrument.items}
    if not known.issuperset(prompt.items) or (prompt.correcting and not entry.may_change):
        return None
    if not prompt.correcting and any(code in entry.answered for code in prompt.items):
        return None
    if entry.begins_afresh:
        first = tuple(item.code for item in entry.next_items)
        if prompt.correcting or prompt.items != first:
            return None
    return _Asked(prompt, entry, tuple(entry.instrument.item(code) for code in prompt.items))


def _refreshed(dialogue: Dialogue, asked: _Asked | None, agenda: Agenda, now: datetime) -> Dialogue:
    if asked is not None:
        return dialogue
    return dialogue.model_copy(update={"prompt": _next_prompt(agenda, now), "waiting": False})


def _question(prompt: Prompt | None, agenda: Agenda) -> tuple[TextPart, ...]:
    """Return the words of a prompt: target, recall, label, range with both anchors."""
    entry = _entry(agenda, prompt.assessment_id) if prompt else None
    if prompt is None or entry is None:
        return ()
    references = tuple(
        ItemReference(instrument=entry.instrument.id, item=code, target=entry.target)
        for code in prompt.items
    )
    items = tuple(entry.instrument.item(code) for code in prompt.items)
    anew = (TextPart(key="afresh"),) if entry.begins_afresh else ()
    return (*anew, _asking(items[0], references), *_way_out(items))


def _asking(first: Item, references: tuple[ItemReference, ...]) -> TextPart:
    suffix = ".choices" if first.choices else ""
    if len(references) == 1:
        return TextPart(key=f"prompt.item{suffix}", parameters={"item": references[0]})
    return TextPart(
        key=f"prompt.group{suffix}", parameters={"items": references, "count": len(references)}
    )


def _way_out(items: tuple[Item, ...]) -> tuple[TextPart, ...]:
    """Return the offer of "does not apply" where the instrument or protocol allows it."""
    numbers = [number for number, item in enumerate(items, start=1) if item.may_not_apply]
    if not numbers:
        return ()
    if len(items) == 1:
        return (TextPart(key="hint.not_applicable"),)
    shown = " ".join(f"({number})" for number in numbers)
    return (TextPart(key="hint.not_applicable.group", parameters={"numbers": shown}),)


def _back(present: Dialogue, agenda: Agenda, now: datetime) -> Step:
    last = present.last
    entry = _entry(agenda, last.assessment_id) if last else None
    if (
        last is None
        or entry is None
        or not _in_this_exchange(present, last, entry, agenda, now)
        or not entry.may_change_all(last.items)
    ):
        question = _question(present.prompt, agenda)
        return _say(present, Command.back, "back.nothing", *question)
    prompt = Prompt(
        assessment_id=last.assessment_id, items=last.items, asked_at=now, correcting=True
    )
    dialogue = Dialogue(prompt=prompt, last=last)
    return _say(dialogue, Command.back, "back.again", *_question(prompt, agenda))


def _in_this_exchange(
    present: Dialogue, last: Given, entry: AgendaEntry, agenda: Agenda, now: datetime
) -> bool:
    """Whether an answer belongs to what is talked about now: given lately, to the same visit."""
    open_entry = _entry(agenda, present.prompt.assessment_id) if present.prompt else None
    if open_entry is not None and open_entry.visit_id != entry.visit_id:
        return False
    return last.given_at is None or now - last.given_at <= EXCHANGE_LASTS


def _nothing_asked(
    before: Dialogue,
    present: Dialogue,
    text: str,
    command: Command | None,
    question: tuple[TextPart, ...],
) -> Step:
    """No question was open that this text could answer: credit nothing, ask what is open."""
    if command is None and read_alone(text) == "words":
        reply = (TextPart(key="reading.noted"), *question)
        return Step(dialogue=present, reply=reply, disposition="needs_reading")
    if before.waiting and question:
        # Whoever was told that questions wait says by any reply that they are ready.
        return Step(dialogue=present, reply=question, disposition="command", command=command)
    lead = TextPart(key="answered_already" if question else "nothing_open")
    disposition: Disposition = "unknown" if command is None else "command"
    return Step(dialogue=present, reply=(lead, *question), disposition=disposition, command=command)


def _leave_open(
    present: Dialogue, asked: _Asked, agenda: Agenda, command: Command, now: datetime
) -> Step:
    """Leave the asked items without a value, where the instrument and protocol allow it."""
    skipping = command is Command.skip
    gap: Gap = "skipped" if skipping else "not_applicable"
    if all(item.skippable if skipping else item.may_not_apply for item in asked.items):
        step = _accept(asked, agenda, tuple(gap for _ in asked.items), now)
        return step.model_copy(update={"disposition": "command", "command": command})
    key = "skip.refused" if skipping else "not_applicable.refused"
    return _say(present, command, key, *_question(asked.prompt, agenda))


def _ask_again(
    present: Dialogue,
    asked: _Asked,
    reason: Reason,
    question: tuple[TextPart, ...],
    link_possible: bool,
) -> Step:
    failures = asked.prompt.failures + 1
    prompt = asked.prompt.model_copy(update={"failures": failures})
    reply: list[TextPart] = []
    if reason == "words":
        reply.append(TextPart(key="reading.noted"))
    elif len(asked.items) > 1:
        reply.append(TextPart(key="ask_again.group", parameters={"count": len(asked.items)}))
    else:
        item = asked.items[0]
        bounds: dict[str, int | str | ItemReference | tuple[ItemReference, ...]] = {
            "minimum": item.minimum,
            "maximum": item.maximum,
        }
        if item.decimals:
            bounds["step"] = str(item.step)
        key = "ask_again.decimal" if item.decimals else "ask_again.range"
        reply.append(TextPart(key=key, parameters=bounds))
    if failures >= CALL_AFTER:
        reply.append(TextPart(key="offer.call_coming"))
    elif failures >= OFFER_AFTER:
        reply.append(TextPart(key="offer.link" if link_possible else "offer.call"))
    return Step(
        dialogue=present.model_copy(update={"prompt": prompt}),
        reply=(*reply, *question),
        disposition="needs_reading" if reason == "words" else "unknown",
        offer_other_way=failures >= OFFER_AFTER,
        call_wanted=failures >= CALL_AFTER,
    )


def _accept(asked: _Asked, agenda: Agenda, given: tuple[Value | Gap, ...], now: datetime) -> Step:
    """Record one answer an item, then ask the next open question, or thank and close."""
    entry, prompt = asked.entry, asked.prompt
    answers = tuple(
        ItemAnswer(
            assessment_id=entry.assessment_id,
            item=item.code,
            value=None if isinstance(answer, str) else answer,
            gap=answer if isinstance(answer, str) else None,
        )
        for item, answer in zip(asked.items, given, strict=True)
    )
    standing = {**entry.answered, **{answer.item: answer.value for answer in answers}}
    after = entry.model_copy(update={"answered": standing})
    remaining = [after if other is entry else other for other in agenda]
    following = _next_prompt(remaining, now)
    thanks = (TextPart(key="closing.thanks"),)
    reply = _question(following, remaining) or offer(remaining) or thanks
    if prompt.correcting:
        reply = (TextPart(key="correction.noted"), *reply)
    return Step(
        dialogue=Dialogue(
            prompt=following,
            last=Given(assessment_id=entry.assessment_id, items=prompt.items, given_at=now),
        ),
        answers=answers,
        completed=(entry.assessment_id,) if after.complete and not entry.unsent else (),
        reply=reply,
        disposition="answer",
    )
