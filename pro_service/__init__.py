"""Asks a trial's participants how their knee is, and keeps every answer as a clinical record."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("pro-service")
except PackageNotFoundError:  # A checkout that was never installed.
    __version__ = "0.0.0"
