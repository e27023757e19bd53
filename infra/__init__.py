"""The ground NEXUS stands on: settings, servers, storage, keys, wiring, the command line."""
