"""Participants' pages: the way in, the questionnaire, saving, the own page."""

from __future__ import annotations

from pro_service.services.pages.second_factor import known_year, seal_year

__all__ = ["known_year", "seal_year"]
