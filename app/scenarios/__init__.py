"""Scenarios: stories of commands, questions and what must come of them, played on a real order book."""
