"""The carriers' twins: they sign and send what a carrier would, and judge what comes back."""
