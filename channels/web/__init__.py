"""The web chat: a door for pages in a browser, and the chat page itself."""
