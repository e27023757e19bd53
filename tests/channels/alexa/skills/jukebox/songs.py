"""The songs, in the order in which they are played."""

SONGS = ("morning", "noon", "night")


def address(song: str) -> str:
    """Where it is streamed from."""
    return f"https://songs.example/{song}.mp3"


def after(song: str) -> str:
    """The one that follows."""
    return SONGS[(SONGS.index(song) + 1) % len(SONGS)] if song in SONGS else SONGS[0]
