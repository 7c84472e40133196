"""Webhooks out: what has happened is noted from the audit, and told until it is taken."""

from __future__ import annotations

from pro_service.services.webhooks.telling import list_to_tell, note_news, tell

__all__ = ["list_to_tell", "note_news", "tell"]
