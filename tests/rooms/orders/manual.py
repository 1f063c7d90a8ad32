"""The tables of docs/orders.md, made from the table of states and events.

`python -m tests.rooms.orders.manual` rewrites them.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from bot.domain.order import BracketState
from bot.orders.table import MEANING, Action, Event, follow

MANUAL = Path(__file__).parents[3] / "docs/orders.md"
_MARKED = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def manual(text: str) -> str:
    """`text` with everything between its marks made anew."""
    return _MARKED.sub(lambda mark: f"{mark[1]}\n{''.join(_section(mark[2]))}\n{mark[3]}", text)


def _section(name: str) -> Iterator[str]:
    match name:
        case "states":
            yield from _words("state", BracketState)
        case "events":
            yield from _words("event", Event)
        case "actions":
            yield from _words("action", Action)
        case "life":
            yield from _life()
        case _:
            raise KeyError(f"docs/orders.md has no table {name!r}")


def _words(what: str, members: Iterable[StrEnum]) -> Iterator[str]:
    yield f"| {what} | what it means |\n|---|---|\n"
    for one in members:
        yield f"| `{one.value}` | {MEANING[one]} |\n"  # type: ignore[index]  # the three enums of MEANING


def _life() -> Iterator[str]:
    yield "| state | event | becomes | what is done |\n|---|---|---|---|\n"
    for state in BracketState:
        asked = [event for event in Event if follow(state, event)[1] is Action.ASK]
        for event in Event:
            to, action = follow(state, event)
            if event not in asked:
                yield f"| `{state.value}` | {event.value} | {_to(state, to, action)} | {_done(action)} |\n"
        if asked:
            yield f"| `{state.value}` | {', '.join(event.value for event in asked)} | stays | ask: unexpected |\n"


def _to(state: BracketState, to: BracketState, action: Action) -> str:
    if action is Action.SETTLE:
        return "what the facts imply"
    return "stays" if to is state else f"`{to.value}`"


def _done(action: Action) -> str:
    return "" if action is Action.NOTHING else action.value


if __name__ == "__main__":
    MANUAL.write_text(manual(MANUAL.read_text(encoding="utf-8")), encoding="utf-8")
