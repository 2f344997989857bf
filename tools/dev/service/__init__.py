"""The real servers that tests talk to, and what else a machine may or may not have."""
