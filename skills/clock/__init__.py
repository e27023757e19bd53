"""Time and date anywhere."""
