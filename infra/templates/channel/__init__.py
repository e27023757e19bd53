"""The channel Door name."""
