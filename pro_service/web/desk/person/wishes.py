"""How one participant wants to be asked, at which site they are, and notes about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pro_service.domain.instruments.model import LANGUAGES
from pro_service.domain.study.permissions import Action
from pro_service.services.base.turns import Who
from pro_service.services.desk.person.wishes import Settings, choose_settings, write_note
from pro_service.services.visits.placing import SameSiteError, move_to_site
from pro_service.store.study import studies
from pro_service.web.desk.person.fields import Field
from pro_service.web.desk.person.sheets import Asked, Done, Outlook, Sheet

_WAYS: Final = ("text", "link")


def _settings_fields(asked: Asked) -> Sequence[Field]:
    words, facts = asked.words, asked.facts
    languages = [(one, words.word("language", one)) for one in asked.protocol.study.languages]
    ways = [(one, words.word("channel", one)) for one in _WAYS]
    messaging = asked.protocol.messaging
    hint = words.text("settings.hour_hint", hour=f"{messaging.nudge_at:%H:%M}")
    hour = () if facts.nudge_at is None else (f"{facts.nudge_at:%H:%M}",)
    return (
        Field("language", "choice", words.text("fact.language"), languages, first=[facts.language]),
        Field("channel", "choice", words.text("fact.answers_by"), ways, first=[facts.channel]),
        Field("hour", "clock", words.text("settings.hour"), hint=hint, required=False, first=hour),
    )


async def _choose(asked: Asked, who: Who) -> Done:
    typed = asked.typed
    language = typed.choice("language", asked.protocol.study.languages)
    channel = typed.choice("channel", _WAYS)
    chosen = Settings(
        next(one for one in LANGUAGES if one == language),
        "link" if channel == "link" else "text",
        typed.clock("hour") if typed.text("hour", optional=True) else None,
    )
    await choose_settings(who, chosen, actor=asked.actor, reason=asked.reason)
    return Done("settings")


SETTINGS: Final = Sheet("settings", Action.choose_settings, _settings_fields, _choose)


async def _read_sites(asked: Asked) -> Asked:
    who, here = asked.turn.who, asked.facts.site.code
    sites = await studies.list_sites(who.connection, who.study_id)
    others = [(one.code, f"{one.code} – {one.name}") for one in sites if one.code != here]
    return replace(asked, sites=others)


def _site_fields(asked: Asked) -> Sequence[Field]:
    label = asked.words.text("site_sheet.which")
    none = None if asked.sites else asked.words.text("site_sheet.none")
    return (Field("site", "choice", label, asked.sites, hint=none),)


async def _look_at_site(asked: Asked) -> Outlook:
    words, here, names = asked.words, asked.facts.site.code, dict(asked.sites)
    code = asked.typed.text("site")
    if code == here:
        raise SameSiteError
    asked.typed.choice("site", names)
    sentences = [
        words.text("site_sheet.moves", here=here, there=names[code]),
        words.text("site_sheet.reads", here=here),
        words.text("site_sheet.stays"),
    ]
    return Outlook(sentences, document=code)


async def _move(asked: Asked, who: Who) -> Done:
    code = asked.typed.text("site")
    await move_to_site(who, code, actor=asked.actor, reason=asked.reason)
    return Done("site")


SITE: Final = Sheet(
    "site", Action.move_to_site, _site_fields, _move, _look_at_site, read=_read_sites
)


def _note_fields(asked: Asked) -> Sequence[Field]:
    return (Field("words", "words", asked.words.text("note.words")),)


async def _note(asked: Asked, who: Who) -> Done:
    await write_note(who, asked.typed.text("words"), actor=asked.actor)
    return Done("note")


NOTE: Final = Sheet("note", Action.write_note, _note_fields, _note, reasoned=False)
