"""Text from outside, made safe to handle."""


def clean(text: str) -> str:
    """`text` without NUL and lone surrogates (neither UTF-8 nor Postgres can hold them), and without outer white space."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "".join(c for c in text if not "\ud800" <= c <= "\udfff")
    return text.strip()
