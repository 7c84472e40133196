"""Participants' pages: the way in, the questionnaire, saving, the own page."""
