"""Measures: their values, who reads and sees them, and what they have to do with scores."""

from __future__ import annotations

from pro_service.services.measuring.together import may_see_measures, may_see_together

__all__ = ["may_see_measures", "may_see_together"]
