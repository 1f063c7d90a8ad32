"""The control socket: one JSON object a line, one answer a line. For tests, and for seeing things go wrong.

{"do": "fault", "name": "drop", "arg": "5"}      {"do": "status"}      {"do": "verdict"}
{"do": "price", "instrument": "ES", "bid": "4200.25", "ask": "4200.50", "last": "4200.50", "size": 3}
{"do": "advance", "rows": 100}                    (--speed hand)
"""

import asyncio
import os
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec

from adapters.gateway.play import Push
from adapters.gateway.server import Gateway
from bot.errors import Locked, PaperpitError

LINE_MAX = 1 << 16


class Control:
    """The socket of one gateway; only its owner may use it."""

    def __init__(self, gateway: Gateway, path: Path) -> None:
        self._gateway, self._path = gateway, path
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Open it. Raises Locked when somebody listens there."""
        try:
            # Nobody else may connect, not even in the moment before a chmod.
            mask = os.umask(0o177)
            try:
                self._server = await asyncio.start_unix_server(self._serve, self._path, limit=LINE_MAX)
            finally:
                os.umask(mask)
        except OSError as error:
            raise Locked(
                f"the control socket cannot be made: {error.strerror or error}",
                where=str(self._path),
                do="stop the gateway that has it, remove what is left there, or name another path",
            ) from error

    async def stop(self) -> None:
        """Close it and remove it."""
        assert self._server is not None, "started"
        self._server.close()
        for writer in list(self._clients):
            writer.close()
        await self._server.wait_closed()
        self._path.unlink(missing_ok=True)

    async def answer(self, line: bytes) -> dict[str, Any]:
        """What a line gets back; `error` says what is wrong with it."""
        try:
            command = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError as odd:
            return {"error": f"not a JSON object: {odd}"}
        try:
            return await self._do(command)
        except PaperpitError as wrong:
            return {"error": str(wrong)}
        except (KeyError, ValueError, TypeError, InvalidOperation) as wrong:
            return {"error": f"{command.get('do')!r} cannot be done: {wrong}"}

    async def _do(self, command: dict[str, Any]) -> dict[str, Any]:
        match command.get("do"):
            case "status":
                return {**self._gateway.status(), "exchange": self._gateway.exchange.control(command)}
            case "price":
                self._gateway.play.push(_push(command))
                return {"ok": True}
            case "advance":
                return {"ok": True, "rows": await self._gateway.play.advance(int(command.get("rows", 1)))}
            case _:
                return self._gateway.control(command)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                writer.write(msgspec.json.encode(await self.answer(line)) + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            # Gone, or a line without end: in both cases there is nobody to tell.
            writer.transport.abort()
        finally:
            self._clients.discard(writer)
            writer.close()


def _push(command: dict[str, Any]) -> Push:
    def price(name: str) -> Decimal | None:
        return Decimal(str(command[name])) if name in command else None

    sizes = {name: int(command[name]) for name in ("size", "bid_size", "ask_size") if name in command}
    return Push(str(command["instrument"]), price("bid"), price("ask"), price("last"), **sizes)
