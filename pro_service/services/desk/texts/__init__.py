"""Texts that somebody must read: the conversation around each, and what may become of it (R7)."""

from __future__ import annotations

from pro_service.services.desk.texts.beginning import (
    FirstText,
    Wanted,
    compose_first_text,
    may_begin,
    send_first_text,
)
from pro_service.services.desk.texts.conversation import (
    Conversation,
    Said,
    may_open,
    read_conversation,
)
from pro_service.services.desk.texts.finding import (
    TextSettledError,
    WhoseMissingError,
)
from pro_service.services.desk.texts.reading import Settling, TextPage, read_text
from pro_service.services.desk.texts.replying import (
    ReplyPreview,
    ReplyRefused,
    ReplyRefusedError,
    ReplyWish,
    preview_reply,
    send_reply,
)
from pro_service.services.desk.texts.settling import (
    NOTHING_REASONS,
    WhichText,
    ask_for_call,
    raise_alert,
    set_aside,
)
from pro_service.services.desk.texts.taking import TakeRefused, TakeRefusedError, take_answer

__all__ = [
    "NOTHING_REASONS",
    "Conversation",
    "FirstText",
    "ReplyPreview",
    "ReplyRefused",
    "ReplyRefusedError",
    "ReplyWish",
    "Said",
    "Settling",
    "TakeRefused",
    "TakeRefusedError",
    "TextPage",
    "TextSettledError",
    "Wanted",
    "WhichText",
    "WhoseMissingError",
    "ask_for_call",
    "compose_first_text",
    "may_begin",
    "may_open",
    "preview_reply",
    "raise_alert",
    "read_conversation",
    "read_text",
    "send_first_text",
    "send_reply",
    "set_aside",
    "take_answer",
]
