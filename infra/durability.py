"""Is what the database acknowledges safe on disk? Checked at start, on real servers too."""

import psycopg

from shared.errors import NotDurable

_DURABLE = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply", "remote_write", "local"),  # all of them flush to the local disk first
}


def assert_durable(dsn: str) -> None:
    """Raise NotDurable if a server or its settings for this user may forget an acknowledged commit."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name, wanted in _DURABLE.items():
            row = connection.execute("select current_setting(%s)", (name,)).fetchone()
            if row is None or row[0] not in wanted:
                raise NotDurable(
                    f"The database has {name} = {row[0] if row else 'unknown'}: after a power cut it may have forgotten messages "
                    f"that NEXUS acknowledged. Set {name} = on in its configuration."
                )
