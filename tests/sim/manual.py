"""The tables of docs/reliability.md: the invariants with what looks at them, the mutants with what killed them.

`python -m tests.sim.manual` rewrites them.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.sim.checkers import INVARIANTS, Invariant
from tests.sim.mutants import every
from tests.sim.mutants.__main__ import remembered

MANUAL = Path(__file__).parents[2] / "docs/reliability.md"
_MARKED = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_WHEN = {
    "on_send": "when something leaves",
    "on_writing": "when it is written",
    "on_row": "when it is durable",
    "on_step": "after each step",
    "compared": "after executions and restarts",
    "at_rest": "at rest",
    "on_word": "when something is said",
}


def manual(text: str) -> str:
    """`text` with everything between its marks made anew."""
    return _MARKED.sub(lambda mark: f"{mark[1]}\n{''.join(_section(mark[2]))}\n{mark[3]}", text)


def _section(name: str) -> Iterator[str]:
    match name:
        case "invariants":
            yield from _invariants()
        case "mutants":
            yield from _mutants()
        case _:
            raise KeyError(f"docs/reliability.md has no table {name!r}")


def _invariants() -> Iterator[str]:
    yield "| | invariant | checked on simulated days | and in |\n|---|---|---|---|\n"
    for one in INVARIANTS:
        also = ", ".join(f"`{path}`" for path in one.elsewhere)
        yield f"| {one.number} | **{one.promise}.** {_words(one)} | {_when(one)} | {also} |\n"


def _words(one: Invariant) -> str:
    """What its functions say of themselves."""
    checks = [check for name in _WHEN if (check := getattr(one, name)) is not None]
    told = [(check.__doc__ or "").split("\n\n")[0].removeprefix(f"{one.number}: ") for check in checks]
    return " ".join(f"{' '.join(words.split())[:1].upper()}{' '.join(words.split())[1:]}" for words in told)


def _when(one: Invariant) -> str:
    return ", ".join(words for name, words in _WHEN.items() if getattr(one, name) is not None) or "not there"


def _mutants() -> Iterator[str]:
    yield "| | a daemon that … | killed by | in | what was said |\n|---|---|---|---|---|\n"
    known = remembered()
    for one in every():
        kill = known.get(one.number, {})
        seed = kill.get("seed")
        where = one.where if seed is None else f"the day of seed {seed}"
        said = str(kill.get("said", "")).replace("|", "/")
        note = f" ({one.note})" if one.note else ""
        yield f"| {one.number} | {one.what}{note} | {one.killed_by} | {where} | {said[:110]} |\n"


if __name__ == "__main__":
    MANUAL.write_text(manual(MANUAL.read_text(encoding="utf-8")), encoding="utf-8")
