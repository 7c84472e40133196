"""Requests the web side itself does not take."""

from __future__ import annotations

from pro_service.domain.errors import ProServiceError


class CrossSiteError(ProServiceError):
    """The form was sent from another site."""


class UnreadableFormError(ProServiceError):
    """The form lacks something our pages always send."""
