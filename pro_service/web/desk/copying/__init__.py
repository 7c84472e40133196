"""What is read without the system: a participant's record, and the study's binder."""
