"""What HELP says beside the words that always work, and LINK where no page can be given."""

from __future__ import annotations

from collections.abc import Sequence

from pro_service.domain.conversation.dialogue import AgendaEntry, Prompt, TextPart
from pro_service.domain.study.facts import Status
from pro_service.domain.study.pausing import status_of
from pro_service.services.answering import open_questions
from pro_service.services.receiving.case import Case


def links_allowed(case: Case) -> bool:
    """Whether a link may be sent on this line."""
    return case.rule.links


def help_parts(
    case: Case, prompt: Prompt | None, entries: Sequence[AgendaEntry]
) -> tuple[TextPart, ...]:
    """The further words that work now: to skip what is asked, to get a page, to end a pause."""
    keys = []
    if prompt is not None and _may_skip(prompt, entries):
        keys.append("help.skip")
    if links_allowed(case) and open_questions(case.facts, case.protocol, "link"):
        keys.append("help.link")
    if status_of(case.facts) is Status.paused:
        keys.append("help.go_on")
    return tuple(TextPart(key=key) for key in keys)


def _may_skip(prompt: Prompt, entries: Sequence[AgendaEntry]) -> bool:
    return any(
        all(entry.instrument.item(code).skippable for code in prompt.items)
        for entry in entries
        if entry.assessment_id == prompt.assessment_id
    )


def without_link(case: Case, part: TextPart) -> TextPart:
    """The same offer where there is no page to answer on, and why there is none."""
    if part.key == "offer.link":
        return TextPart(key="offer.call")
    if part.key not in ("link.here", "link.impossible"):
        return part
    if not open_questions(case.facts, case.protocol, "text") and not open_questions(
        case.facts, case.protocol, "link"
    ):
        return TextPart(key="nothing_open")
    return TextPart(key="link.text_only" if links_allowed(case) else "link.impossible")
