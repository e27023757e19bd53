"""Plays songs: persistent attributes, AudioPlayer, APL, canFulfill, an API client. A package with classes."""
