"""The doors: one folder a channel. They import `shared` only, never one another."""
