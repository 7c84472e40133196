"""What staff see and do."""

from pro_service.services.desk.digest import list_mornings, send_digest
from pro_service.services.desk.exporting import Exporting, make_export

__all__ = ["Exporting", "list_mornings", "make_export", "send_digest"]
