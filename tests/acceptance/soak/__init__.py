"""Processes that use one order book at once, while others kill, pause and cut them off; then nothing may be wrong."""
