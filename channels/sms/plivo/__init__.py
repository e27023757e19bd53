"""Plivo Messaging."""
