"""Messages as a gateway of server version 178 writes them."""

import struct


def message(*fields: object) -> bytes:
    """One message with its length."""
    body = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(body)) + body


def last(
    number: int, price: object, size: object = 1, *, kind: int = 1, time: int = 1_795_000_000, mask: int = 0
) -> bytes:
    """A tick-by-tick print."""
    return message(99, number, kind, time, price, size, mask, "CME", "")


def bid_ask(
    number: int, bid: object, ask: object, bid_size: object = 1, ask_size: object = 1, *, time: int = 1_795_000_000
) -> bytes:
    """A tick-by-tick quote."""
    return message(99, number, 3, time, bid, ask, bid_size, ask_size, 0)


def greeting(account: str = "DU1234567", number: int = 1) -> bytes:
    """What a gateway says after START_API."""
    return message(15, 1, account) + message(9, 1, number)
