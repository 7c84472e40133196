"""Printed cards."""

from __future__ import annotations

from pro_service.services.cards.cards import free_codes, new_card

__all__ = ["free_codes", "new_card"]
