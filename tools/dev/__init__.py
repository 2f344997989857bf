"""What stands behind ./dev: one module per concern, nothing but the standard library."""
