"""What the business means, and nothing else: no clock, no file, no database, no settings."""
