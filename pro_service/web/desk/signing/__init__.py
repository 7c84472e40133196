"""The rooms where the record is bound: signed by investigators, locked and unlocked."""
