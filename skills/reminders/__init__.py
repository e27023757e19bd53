"""Reminders: what to do when, once or again and again, kept and told when somebody asks."""
