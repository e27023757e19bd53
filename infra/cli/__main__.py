"""`python -m infra.cli` is `nexus`."""

from infra.cli import main

main()
