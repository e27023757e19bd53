"""The parts of AdapterContract: its hooks, and its cases by what they look at."""
