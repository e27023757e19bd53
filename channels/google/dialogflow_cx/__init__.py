"""Dialogflow CX webhooks, version 3: pages, session parameters, response messages."""
