"""`nexus skills`: what NEXUS can do."""

from rich.markup import escape
from rich.table import Table

from infra.broken import tell_broken
from infra.cli.tables import show
from infra.plugins import load_plugins
from infra.settings import Settings


def list_skills(settings: Settings) -> None:
    """Print the skills with an example each; what does not load goes to stderr with its reason."""
    plugins = load_plugins(settings.home)
    table = Table("skill", "what it does", "intents", "try")
    for one in plugins.skills:
        manifest = one.manifest
        table.add_row(
            manifest.name, escape(manifest.summary), "\n".join(manifest.intents), escape("\n".join(manifest.examples))
        )
    show(table)
    tell_broken(plugins.broken)
