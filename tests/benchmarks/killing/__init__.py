"""Whole processes killed at every point of sending and receiving, and what is left counted."""
