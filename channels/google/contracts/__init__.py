"""What the contract of channels must know of each form of Google's: bodies, credentials, and what the platform refuses.

`key_sources` must check real tokens for the forms that are signed (Actions, and CX with the service agent's ID tokens).
"""
