"""The skill Skill name of NEXUS."""
