"""What a person asked NEXUS to remember, and finding it again."""
