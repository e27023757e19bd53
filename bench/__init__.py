"""Measurements of NEXUS on this machine: `python -m bench`. They print figures and assert none."""
