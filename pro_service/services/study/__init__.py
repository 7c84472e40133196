"""Protocols, sites, staff, rotas and wording: what stands before the first participant."""

from __future__ import annotations

from pro_service.services.study.accounts import (
    MadeLink,
    NoFactorError,
    link_sha256,
    make_link,
    reset_factor,
    send_link,
    take_role,
)
from pro_service.services.study.passwords import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    Passwords,
    WeakPasswordError,
    check_password,
)
from pro_service.services.study.programs import Allowance, key_sha256
from pro_service.services.study.registrations import said_of_gaps
from pro_service.services.study.rota import SiteRota, add_entry, end_entry, read_rotas
from pro_service.services.study.senders import (
    correct_sender,
    sender_address,
    senders_elsewhere,
    waiting_elsewhere,
)
from pro_service.services.study.sites import (
    SiteWrongError,
    TakenError,
    UnknownNameError,
    correct_site,
)
from pro_service.services.study.staff import Joining, UnclearNameError, add_staff, end_membership
from pro_service.services.study.told_at import (
    AddressError,
    ToldAt,
    check_address,
    list_told_at,
    tell_at,
)

__all__ = [
    "LONGEST_PASSWORD",
    "SHORTEST_PASSWORD",
    "AddressError",
    "Allowance",
    "Joining",
    "MadeLink",
    "NoFactorError",
    "Passwords",
    "SiteRota",
    "SiteWrongError",
    "TakenError",
    "ToldAt",
    "UnclearNameError",
    "UnknownNameError",
    "WeakPasswordError",
    "add_entry",
    "add_staff",
    "check_address",
    "check_password",
    "correct_sender",
    "correct_site",
    "end_entry",
    "end_membership",
    "key_sha256",
    "link_sha256",
    "list_told_at",
    "make_link",
    "read_rotas",
    "reset_factor",
    "said_of_gaps",
    "send_link",
    "sender_address",
    "senders_elsewhere",
    "take_role",
    "tell_at",
    "waiting_elsewhere",
]
