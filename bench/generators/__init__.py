"""What answers in bench.generation, a process each. Every one reads a JSON line a round and prints one.

Asked: {"ids", "system", "user", "tokens", "streams"}; told: {"first_s", "per_second", "cpu_ms", "cpu_ms_after", "tokens",
"resident_mb"}. The processor time "after" is that of one stream behind its first token.
"""
