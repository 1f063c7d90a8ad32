"""The exchange's published surface: docs/gateway.md has its faults, its ledger and its verdict as the code has them."""

from pathlib import Path

import pytest

from adapters.gateway.faults import FAULTS, NOW
from adapters.gateway.ledger import EVENTS, KEYS
from adapters.gateway.verdict import FINDINGS

PAGE = (Path(__file__).resolve().parents[3] / "docs/gateway.md").read_text()


def faults() -> str:
    rows = []
    for name, fault in FAULTS.items():
        default = f" (`{fault.default}`)" if fault.default else ""
        often = "now" if name in NOW else "once" if fault.times else "until off"
        rows.append(f"| `{name}` | {fault.argument or '–'}{default} | {often} | {fault.does} |")
    return "\n".join(["| name | argument | how often | what happens |", "|---|---|---|---|", *rows])


def table(head: str, rows: dict[str, str]) -> str:
    return "\n".join([f"| {head} | |", "|---|---|", *(f"| `{name}` | {what} |" for name, what in rows.items())])


TABLES = {
    "faults": faults(),
    "events": table("event", EVENTS),
    "keys": table("key", KEYS),
    "findings": table("finding", FINDINGS),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_page_says_what_the_code_says(name: str) -> None:
    assert TABLES[name] in PAGE, TABLES[name]
