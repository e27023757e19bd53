"""What the lunchbox says, in a module beside the skill, as projects for AWS Lambda have it."""

WELCOME = "Lunchbox here. What would you like?"
WELCOME_BACK = "Hello again. The usual?"
WHICH_SIZE = "Small or large?"
CLOSED = "The kitchen is closed on that day."
TROUBLE = "The lunchbox had a hiccup. Please say it again."
