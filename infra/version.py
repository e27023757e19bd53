"""The version of NEXUS, as /openapi.json, /metrics and `nexus --version` tell it."""

VERSION = "0.1.0"
