"""What `nexus skills export` writes: platforms' language models, made from the manifests and the words of the loaded skills.

Every platform has a module with `export(chosen, locales)`, which is pure. What a platform cannot take is left out and named.
"""
