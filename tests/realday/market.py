"""A market by hand at the gateway's control socket: prices that go up and down, and fall silent on demand."""

import asyncio
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.realday.plan import PRODUCTS

EVERY_S = 0.4
WAVE = (0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1)
"""Ticks above its lowest price: an entry at the touch reaches its stop or its target within seconds."""
LOWEST = {"ES": 16_800, "MES": 16_800, "NQ": 60_000, "MNQ": 60_000}
TICK = 0.25


@dataclass
class Market:
    """What the gateway's clients see while `run` goes on."""

    socket: Path
    silent: bool = False

    async def ask(self, **command: Any) -> dict[str, Any]:
        """One command to the gateway, and its answer."""
        reader, writer = await asyncio.open_unix_connection(self.socket)
        writer.write(json.dumps(command).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        assert "error" not in answer, answer
        return answer

    async def run(self) -> None:
        """A quote and a print of each product, again and again."""
        for ticks in itertools.cycle(WAVE):
            for product in PRODUCTS:
                if not self.silent:
                    bid, ask = (f"{(LOWEST[product] + ticks + one) * TICK:.2f}" for one in (0, 1))
                    await self.ask(do="price", instrument=product, bid=bid, ask=ask, last=ask, size=1)
            await asyncio.sleep(EVERY_S)
