"""Kills every mutant: `python -m tests.sim.mutants [SEEDS=1000] [ONLY=M07]`. What came of it is remembered.

The day that killed a mutant last is tried first. `docs/reliability.md` shows what is remembered.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.sim.mutants import every
from tests.sim.mutants.hunt import Kill, hunt

KILLED = Path(__file__).with_name("killed.json")
"""Mutant → the seed of the day that killed it (none: a history), and what the invariant said."""


def remembered() -> dict[str, dict[str, Any]]:
    """What killed them last."""
    found: dict[str, dict[str, Any]] = json.loads(KILLED.read_text(encoding="utf-8")) if KILLED.exists() else {}
    return found


def first_seeds(number: str) -> list[int]:
    """The day to be tried first."""
    seed = remembered().get(number, {}).get("seed")
    return [] if seed is None else [seed]


def remember(kills: list[Kill]) -> None:
    """Write down what killed whom."""
    known = remembered()
    known |= {one.mutant.number: {"seed": one.seed, "said": one.said} for one in kills if one.killed}
    KILLED.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """0 when all are dead."""
    told = dict(one.partition("=")[::2] for one in arguments)
    seeds, only = int(told.get("SEEDS") or 1000), told.get("ONLY") or ""
    kills = []
    for one in every():
        if only not in ("", one.number):
            continue
        kill = hunt(one, [*first_seeds(one.number), *range(seeds)])
        kills.append(kill)
        how = f"seed {kill.seed}, day {kill.days}" if kill.seed is not None else one.where
        word = f"killed ({how}): {kill.said}" if kill.killed else f"LIVES after {kill.days} days"
        print(f"{one.number} {one.what}: {word}", flush=True)
    remember(kills)
    killed = sum(one.killed for one in kills)
    print(f"mutants={len(kills)} killed={killed}")
    return 0 if killed == len(kills) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
