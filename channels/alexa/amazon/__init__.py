"""What Amazon does with a skill and its answers, written from its documentation for the twin; the door uses none of it."""
