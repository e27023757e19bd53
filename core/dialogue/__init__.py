"""Dialogue: what is being talked about, what is asked next, and what an answer means. Pure; the engine stays as it is."""
