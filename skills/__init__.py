"""What NEXUS can do: one folder a skill, each with its manifest, its sample utterances by language and its handler."""
