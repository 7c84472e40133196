"""Keeping the record: backups, restores, the journal's replay, and sending held after one."""

from __future__ import annotations

from pro_service.services.keeping.archive import Archive, ArchivedBackup, ArchiveError
from pro_service.services.keeping.backup import OWNER, Place, make_backup, manifest_of
from pro_service.services.keeping.checkup import Finding, Installation, State, check_up, wrong
from pro_service.services.keeping.drill import Restored, look_at_restored
from pro_service.services.keeping.holding import (
    NotHeldError,
    NotRecoveredError,
    ReasonNeededError,
    hold_recovered,
    release,
    said_of,
    said_of_timeline,
    vouch,
)
from pro_service.services.keeping.manifest import Manifest, Progress
from pro_service.services.keeping.parting import keep_only, studies_named
from pro_service.services.keeping.replay import (
    ACTOR,
    OVERLAP,
    Hands,
    Replayed,
    ask_provider,
    replay,
)
from pro_service.services.keeping.restore import restore_backup

__all__ = [
    "ACTOR",
    "OVERLAP",
    "OWNER",
    "Archive",
    "ArchiveError",
    "ArchivedBackup",
    "Finding",
    "Hands",
    "Installation",
    "Manifest",
    "NotHeldError",
    "NotRecoveredError",
    "Place",
    "Progress",
    "ReasonNeededError",
    "Replayed",
    "Restored",
    "State",
    "ask_provider",
    "check_up",
    "hold_recovered",
    "keep_only",
    "look_at_restored",
    "make_backup",
    "manifest_of",
    "release",
    "replay",
    "restore_backup",
    "said_of",
    "said_of_timeline",
    "studies_named",
    "vouch",
    "wrong",
]
