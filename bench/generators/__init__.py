"""What answers in bench.generation, a process each. Every one reads a JSON line a round and prints one.

Asked: {"ids", "system", "user", "tokens", "streams"}; told: {"first_s", "per_second", "cpu_ms", "tokens", "resident_mb"}.
"""
