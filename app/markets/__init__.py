"""`carnet market`: who may sell what, told in words, drawn over time, and loaded into the log."""
