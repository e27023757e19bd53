"""The REST door: `POST /v1/messages` with an API key."""
