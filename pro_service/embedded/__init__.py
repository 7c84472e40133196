"""PostgreSQL from a wheel, started and stopped by our own small supervisor.

A leaf: it imports nothing else of this package, so the demo and the tests can both stand on it.
"""

from __future__ import annotations

from pro_service.embedded.binaries import debian_folder, program_folders, server_programs
from pro_service.embedded.errors import EmbeddedError
from pro_service.embedded.folder import find_running
from pro_service.embedded.server import EmbeddedPostgres

__all__ = [
    "EmbeddedError",
    "EmbeddedPostgres",
    "debian_folder",
    "find_running",
    "program_folders",
    "server_programs",
]
