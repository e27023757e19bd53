"""What `nexus skills export` writes: platforms' language models and help for people, made from the words of the loaded skills.

Every platform has a module with `export(chosen, locales)`, which is pure. What a platform cannot take is left out and named.
"""
