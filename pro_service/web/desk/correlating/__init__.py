"""The room in which scores stand beside measures, for the roles the protocol names (R19, R20)."""
