"""What staff see and do."""

from pro_service.services.desk.digest import list_mornings, send_digest

__all__ = ["list_mornings", "send_digest"]
