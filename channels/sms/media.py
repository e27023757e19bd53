"""What came along with a message, where a carrier names only its address: the kind is told by the address' ending."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from shared.turn import Attachment

MAX_URL = 2_000
MAX_MEDIA = 10

_KINDS = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "mp3": "audio/mpeg",
    "amr": "audio/amr",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "3gp": "video/3gpp",
    "mov": "video/quicktime",
    "vcf": "text/vcard",
    "txt": "text/plain",
    "pdf": "application/pdf",
    "smil": "application/smil",
}


def attachments(found: Iterable[tuple[str, str]]) -> tuple[Attachment, ...]:
    """The attachments that pairs of address and kind name; a kind that is "" is guessed. What is no web address is left out."""
    return tuple(_attachments(found))[:MAX_MEDIA]


def _attachments(found: Iterable[tuple[str, str]]) -> Iterator[Attachment]:
    for url, kind in found:
        if url.startswith(("https://", "http://")) and len(url) <= MAX_URL and url.isprintable():
            told = kind if kind.isprintable() and len(kind) <= 127 else ""
            yield Attachment(url, told or _guessed(url))


def _guessed(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        return "application/octet-stream"
    return _KINDS.get(path.rpartition(".")[2].lower(), "application/octet-stream")
