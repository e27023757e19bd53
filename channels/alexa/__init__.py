"""Amazon Alexa."""
