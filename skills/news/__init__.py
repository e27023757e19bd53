"""The skill `news`: headlines from RSS and Atom feeds."""
