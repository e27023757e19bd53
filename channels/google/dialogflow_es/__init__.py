"""Dialogflow ES webhooks, version 2: contexts, fulfillment messages."""
