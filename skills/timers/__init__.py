"""Timers: several at once, with names or without; what runs out is told of the next time somebody asks."""
