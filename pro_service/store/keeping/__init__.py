"""Backups, holds on sending, and what a restore puts back."""
