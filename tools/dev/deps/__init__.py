"""What Sluice is built from: pins, packages, fetching, the cache."""
