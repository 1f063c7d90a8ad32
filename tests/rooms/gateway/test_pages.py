"""The gateway's published surface: docs/gateway.md names every flag and every fault."""

from pathlib import Path

from adapters.gateway.wire_faults import WIRE_FAULTS
from bot.cli.gateway import gateway

PAGE = (Path(__file__).resolve().parents[3] / "docs/gateway.md").read_text()


def wire_faults() -> str:
    """The table of the page, as it has to be."""
    rows = [f"| `{name}` | {what} |" for name, what in WIRE_FAULTS.items()]
    return "\n".join(["| name | what happens |", "|---|---|", *rows])


def test_every_fault_of_the_wire_is_published():
    assert wire_faults() in PAGE


def test_every_flag_is_published():
    flags = [flag for option in gateway.params for flag in option.opts + option.secondary_opts]
    assert [flag for flag in flags if f"`{flag}" not in PAGE] == []
