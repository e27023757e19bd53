"""Forms (application/x-www-form-urlencoded), each read in one go: a carrier's form has twenty fields, few of them escaped."""

from urllib.parse import unquote, unquote_to_bytes

from shared.errors import Malformed

Pairs = list[tuple[bytes, bytes]]


def pairs(form: bytes, most: int) -> Pairs:
    """The fields of a form, unescaped, in their order. This takes the bytes apart and understands nothing.

    What stands between two `&` and is empty is no field. Raises ValueError where there are more than `most`.
    """
    fields = form.replace(b"+", b" ").split(b"&", most)
    if len(fields) > most:
        raise ValueError(f"the form has more than {most} fields")
    return [
        (unquote_to_bytes(name) if b"%" in name else name, unquote_to_bytes(value) if b"%" in value else value)
        for name, _, value in [field.partition(b"=") for field in fields if field]
    ]


def decode(form: bytes, most: int) -> dict[str, str]:
    """The fields as texts; of one that comes twice the last. Lone surrogates stay.

    Raises Malformed for what is not UTF-8, for a field without `=`, and for more than `most`.
    """
    try:
        fields = [field.partition("=") for field in form.decode().replace("+", " ").split("&", most)]
        if len(fields) > most or "" in [equals for _, equals, _ in fields]:
            raise ValueError
        return {
            (_text(name) if "%" in name else name): (_text(value) if "%" in value else value)
            for name, _, value in fields
        }
    except ValueError:
        raise Malformed("sms: the body is not a form of UTF-8 text") from None


def _text(escaped: str) -> str:
    return unquote(escaped, errors="surrogatepass")
