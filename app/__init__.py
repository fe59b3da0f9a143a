"""The doors: how people and scripts reach the order book."""
