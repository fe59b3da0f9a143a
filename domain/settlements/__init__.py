"""What partners are owed: plans, the lines an order earns or loses, and the closing of months."""

from domain.settlements import closing, planning

__all__ = ["closing", "planning"]
