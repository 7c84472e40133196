"""Protocols, sites, staff, rotas and wording: what stands before the first participant."""

from __future__ import annotations

from pro_service.services.study.passwords import LONGEST_PASSWORD, Passwords
from pro_service.services.study.rota import SiteRota, add_entry, end_entry, read_rotas
from pro_service.services.study.staff import add_staff
from pro_service.services.study.told_at import ToldAt, list_told_at

__all__ = [
    "LONGEST_PASSWORD",
    "Passwords",
    "SiteRota",
    "ToldAt",
    "add_entry",
    "add_staff",
    "end_entry",
    "list_told_at",
    "read_rotas",
]
