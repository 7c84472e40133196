"""Processes that end themselves with SIGKILL at named points, and what they are tried with."""
