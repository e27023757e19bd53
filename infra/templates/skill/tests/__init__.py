"""Tests of the skill Skill name."""
