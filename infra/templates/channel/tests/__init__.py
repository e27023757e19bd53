"""Tests of the channel Door name."""
