"""Text messages, over whichever carrier."""
