"""Tunes the encoder to the intents and slots of one set of rows. Needs torch, the extra `train`; nothing that serves does."""
