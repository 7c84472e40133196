"""Words that warn: which signs of harm a text names, in either language (rule R8 of the trial)."""

from __future__ import annotations

from pro_service.domain.conversation.warning.reading import Warned, read_warning
from pro_service.domain.conversation.warning.signs import RULE_PREFIX, Sign

__all__ = ["RULE_PREFIX", "Sign", "Warned", "read_warning"]
