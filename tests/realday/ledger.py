"""The gateway's ledger as it grows: the whole of it, and each product's own book."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.truth import AtBroker, Truth
from tests.realday.plan import PRODUCTS


@dataclass
class Ledger:
    """What happened at the exchange, by its own account."""

    path: Path
    lines: list[Mapping[str, Any]] = field(default_factory=list)
    _read: int = 0

    def __post_init__(self) -> None:
        self.whole = Truth(self.path)
        self.books = {product: Truth(self.path) for product in PRODUCTS}

    def catch_up(self) -> "Ledger":
        """Read what has been written since; half a line is left for later."""
        with self.path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        new = [json.loads(line) for line in whole.splitlines()]
        self.lines += new
        self.whole.take(new)
        for product, book in self.books.items():
            book.take(line for line in new if _product(line) == product)
        return self

    def resting(self, product: str) -> list[AtBroker]:
        """Entries that work."""
        return [one for one in self.books[product].alive.values() if one.type == "LMT" and not one.parent]

    def entries(self) -> Iterator[int]:
        """When entries were accepted, wall ns UTC."""
        return (
            int(line["wall"])
            for line in self.lines
            if line["event"] == "order" and line["order"]["type"] == "LMT" and not int(line["order"]["parent"])
        )

    def first(self, event: str, product: str, since: int) -> int | None:
        """When the first such line of a product was written at or after `since`, wall ns UTC."""
        found = (int(line["wall"]) for line in self.lines if line["event"] == event and _product(line) == product)
        return next((wall for wall in found if wall >= since), None)


def _product(line: Mapping[str, Any]) -> str:
    return str(line.get("contract") or "")[:-5]
