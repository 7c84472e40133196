"""Printed cards."""

from __future__ import annotations

from pro_service.services.cards.cards import (
    Card,
    card_of,
    free_codes,
    new_card,
    record_showing,
    renew_card,
)

__all__ = ["Card", "card_of", "free_codes", "new_card", "record_showing", "renew_card"]
