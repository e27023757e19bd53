"""The contract of NEXUS: types, ports and errors that every other folder meets in.

Imports the standard library and msgspec only, so that a plug-in author can read and test against it alone.
"""
