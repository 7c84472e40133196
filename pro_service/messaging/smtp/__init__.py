"""Mail to staff by a mail server (SMTP)."""
