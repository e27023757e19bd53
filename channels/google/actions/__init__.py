"""Actions Builder webhooks, version 3: signed tokens, scenes, prompts."""
