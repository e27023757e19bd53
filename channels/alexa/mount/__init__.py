"""A developer's own ask-sdk skill behind this door, unmodified: run in threads of its own, its answer recorded like any other.

Nothing here but `settings` is imported unless a skill is mounted: ask-sdk-core is an optional dependency.
"""
