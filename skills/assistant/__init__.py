"""Help, greetings and the small words that hold a conversation together."""
