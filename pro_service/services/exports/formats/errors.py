"""What a format says when it cannot be written."""

from __future__ import annotations

from pro_service.domain.errors import ProServiceError


class FormatError(ProServiceError):
    """The export cannot be written in this format."""
