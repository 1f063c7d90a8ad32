"""Kills every mutant: `python -m tests.sim.mutants [SEEDS=1000] [ONLY=M07]`; the seeds that did are remembered."""

import json
import sys
from pathlib import Path

from tests.sim.mutants import every
from tests.sim.mutants.hunt import hunt

SEEDS = Path(__file__).with_name("seeds.json")
"""Mutant → a seed whose day kills it: tried first."""


def remembered() -> dict[str, int]:
    """The seeds that killed them last."""
    found: dict[str, int] = json.loads(SEEDS.read_text()) if SEEDS.exists() else {}
    return found


def main(arguments: list[str]) -> int:
    """0 when all are dead."""
    told = dict(one.partition("=")[::2] for one in arguments)
    seeds, only = int(told.get("SEEDS") or 1000), told.get("ONLY") or ""
    known = remembered()
    mutants = [one for one in every() if not only or one.number == only]
    killed = 0
    for one in mutants:
        first = [known[one.number]] if one.number in known else []
        kill = hunt(one, [*first, *range(seeds)])
        killed += kill.killed
        if kill.seed is not None:
            known[one.number] = kill.seed
        how = f"seed {kill.seed}, day {kill.days}" if kill.seed is not None else one.where
        word = f"killed ({how}): {kill.said}" if kill.killed else f"LIVES after {kill.days} days"
        print(f"{one.number} {one.what}: {word}"[:200], flush=True)
    SEEDS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    print(f"mutants={len(mutants)} killed={killed}")
    return 0 if killed == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
