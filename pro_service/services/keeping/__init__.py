"""Keeping the record: backups, restores, the journal's replay, and sending held after one."""

from __future__ import annotations

from pro_service.services.keeping.backup import Place, make_backup
from pro_service.services.keeping.manifest import Manifest, Progress
from pro_service.services.keeping.restore import restore_backup

__all__ = ["Manifest", "Place", "Progress", "make_backup", "restore_backup"]
