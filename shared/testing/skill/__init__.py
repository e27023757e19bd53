"""The parts of SkillContract."""
