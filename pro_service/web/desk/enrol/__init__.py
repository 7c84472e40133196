"""Enrolment at the desk: one by a form, or many by a file, each looked at before it is written."""
