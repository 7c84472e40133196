"""Figures of statistics, pure: each against published worked examples in its test."""
