"""Google's side of each form, for `nexus say` and for tests. They know what Google documents, and nothing of the door."""
