"""How staff are told of something: the mail that carries it, and the words of letters."""

from __future__ import annotations

from typing import Final, NamedTuple

from pro_service.domain.study.permissions import MAY, Action, Role
from pro_service.messaging.staff_mail import StaffMail
from pro_service.texts.catalogue import Texts

DESK: Final = "/desk"
"""Where a letter leads: opening it does nothing, and whoever signs in finds what it is about."""
MAY_BE_TOLD: Final[frozenset[Role]] = MAY[Action.take_alert]
"""Roles of those who are told anything."""


class Telling(NamedTuple):
    """What letters are written and sent with."""

    mail: StaffMail
    words: Texts
