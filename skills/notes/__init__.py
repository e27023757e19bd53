"""Things people ask NEXUS to remember, given back in their own words."""
