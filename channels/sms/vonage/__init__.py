"""Vonage: the Messages API, and the signed webhooks of the older SMS API."""
