"""What every command starts from: the settings of this process."""

import os
import sys
from pathlib import Path

from infra.settings import Settings, load


def settings() -> Settings:
    """The settings; what is odd about them goes to stderr. Raises SettingsInvalid."""
    found = load(os.environ, Path.cwd())
    for warning in found.warnings:
        print(f"nexus: warning: {warning}", file=sys.stderr)
    return found
