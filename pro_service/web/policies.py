"""What browsers are told a page may do: nothing from elsewhere, nothing inline."""

from __future__ import annotations

from typing import Final

_OWN_STYLE_AND_FORMS: Final = (
    "default-src 'none'",
    "style-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
CONTENT_SECURITY_POLICY: Final = "; ".join(_OWN_STYLE_AND_FORMS)
SCRIPTED_POLICY: Final = "; ".join(
    (*_OWN_STYLE_AND_FORMS, "script-src 'self'", "connect-src 'self'")
)
"""For the pages that save in the background: our own scripts, talking to us only."""
