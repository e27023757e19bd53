"""Bandwidth Messaging, version 2."""
