"""A season of orders through the whole system: real commands, real messages, real processes, one clock."""
