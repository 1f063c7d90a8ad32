"""The protocol's bytes: a length, then fields as text, each ended by a NUL. The first field names the message.

Source: TWS API, server version 178 (text fields; later versions speak protobuf).
"""

import struct
from collections.abc import Iterable, Iterator
from decimal import Decimal

from adapters.gateway.seam import Field

VERSION = 178
"""The newest version of the protocol that is spoken here."""
OLDEST = 157
HELLO = b"API\0"
FRAME_MAX = 1 << 20
"""A client's message is hundreds of bytes: whoever announces more does not speak this protocol."""
LENGTH = struct.Struct(">I")

# Client to gateway.
REQ_DATA, CANCEL_DATA, REQ_DETAILS, REQ_IDS, SERVER_LOG = "1", "2", "9", "8", "14"
REQ_ACCOUNTS, REQ_HISTORY, CANCEL_HISTORY, REQ_TIME, REQ_DATA_TYPE = "17", "20", "25", "49", "59"
START, REQ_RULE, REQ_HISTORY_TICKS, REQ_TICKS, CANCEL_TICKS = "71", "91", "96", "97", "98"
PLACE = "3"
STEPPED = "9001"
"""Ours alone, from a client with the capability `tape-step`: it has dealt with all that came before that step."""

# Gateway to client.
TICK_PRICE, TICK_SIZE, ERROR, ACCOUNTS, DETAILS, DETAILS_END = 1, 2, 4, 15, 10, 52
TICK_GENERIC, TICK_STRING, TIME, SNAPSHOT_END, DATA_TYPE = 45, 46, 49, 57, 58
TICK_PARAMS, RULE, TICK = 81, 93, 99


class NotTheProtocol(Exception):
    """Bytes that no client of this protocol sends."""


def text(value: Field) -> str:
    """One field as it travels."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return f"{value:f}"
    # A NUL inside would end the field early and shift all that follow.
    return str(value).replace("\0", "")


def frame(fields: Iterable[Field]) -> bytes:
    """One message with its length."""
    body = "".join([text(field) + "\0" for field in fields]).encode()
    return LENGTH.pack(len(body)) + body


class Reader:
    """Cuts what a client sends into messages. Feed it, then iterate."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._greeted = False

    def feed(self, data: bytes) -> None:
        """Take what the socket had."""
        self._buffer += data

    def messages(self) -> Iterator[list[str]]:
        """Whole messages as fields; the first one is the client's range of versions. Raises NotTheProtocol."""
        if not self._greeted:
            head = bytes(self._buffer[: len(HELLO)])
            if not HELLO.startswith(head):
                raise NotTheProtocol("does not begin with API")
            if len(head) < len(HELLO):
                return
            del self._buffer[: len(HELLO)]
            self._greeted = True
        while len(self._buffer) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._buffer)
            if length > FRAME_MAX:
                raise NotTheProtocol(f"announces a message of {length} bytes")
            end = LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[LENGTH.size : end])
            del self._buffer[:end]
            yield body.decode(errors="backslashreplace").removesuffix("\0").split("\0")


def versions(hello: str) -> tuple[int, int]:
    """Oldest and newest version of `v157..178`, with or without options behind it. Raises NotTheProtocol."""
    spoken = hello.split(" ")[0].removeprefix("v")
    oldest, dots, newest = spoken.partition("..")
    if not oldest.isdecimal() or (dots and not newest.isdecimal()):
        raise NotTheProtocol(f"greets with {hello[:40]!r}")
    return int(oldest), int(newest or oldest)
