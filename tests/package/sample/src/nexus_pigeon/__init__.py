"""Pigeon post for NEXUS."""
