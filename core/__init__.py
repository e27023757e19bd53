"""The mind: runs a turn, understands, remembers. Imports `shared` only."""
