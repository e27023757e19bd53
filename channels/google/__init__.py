"""Google: Actions Builder, Dialogflow ES and Dialogflow CX."""
