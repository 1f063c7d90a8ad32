"""`paperpit tape check --aggressor`: what each rule says of a tape's prints, beside the truth or beside the others."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import print_json, print_rows, progress, say

if TYPE_CHECKING:
    from bot.signals.sides.compare import Comparison, Verdict

_COLUMNS = ("rule", "prints right %", "volume right %", "prints undecided %", "volume undecided %", "decided by")


def compare(name: str, seed: int | None, *, as_json: bool) -> None:
    """Print the comparison; `seed` renders the tape as a slow feed first."""
    from bot.signals.sides.coarse import LATE, coarse
    from bot.signals.sides.compare import Comparison
    from bot.tape import find_tape, open_tape

    path, comparison = find_tape(name), Comparison()
    with open_tape(path) as reader, progress(f"reading {path.name}", reader.facts.rows, "rows") as advance:
        batches = reader.batches(65_536)
        for ticks in batches if seed is None else coarse(batches, seed):
            comparison.read(ticks)
            advance(len(ticks))
    rendered = None if seed is None else {"seed": seed, "late": LATE}
    if as_json:
        print_json(_facts(comparison, rendered))
        return
    print_rows([_shown(one) for one in comparison.verdicts()], _COLUMNS)
    click.echo(f"\n{path}: {comparison.prints:,} prints judged, {_truth(comparison)}{_left_out(comparison)}")
    if rendered:
        click.echo(f"told in whole seconds, {LATE:.0%} of the prints after their quote (seed {seed})")
    if not comparison.known:
        click.echo("\nshare of the volume, in %, that two rules put on the same side:")
        rows = [{"rule": a.rule, "other": a.other, "volume %": 100 * a.volume} for a in comparison.agreements()]
        print_rows(rows, ("rule", "other", "volume %"))
        say("note: this tape does not tell true sides: no rule can be called right or wrong on it")


def _facts(comparison: "Comparison", rendered: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "truth": comparison.known > 0,
        "prints": comparison.prints,
        "known": comparison.known,
        "neither": comparison.neither,
        "off_grid": comparison.off_grid,
        "coarse": rendered,
        "rules": [asdict(one) for one in comparison.verdicts()],
        "agreements": [asdict(one) for one in comparison.agreements()],
    }


def _shown(verdict: "Verdict") -> dict[str, Any]:
    shares = (verdict.prints_right, verdict.volume_right, verdict.prints_undecided, verdict.volume_undecided)
    decided = ", ".join(f"{method} {count:,}" for method, count in verdict.methods.items())
    told = [None if share is None else f"{100 * share:.3f}" for share in shares]
    return dict(zip(_COLUMNS, (verdict.rule, *told, decided or "bars of a minute"), strict=True))


def _truth(comparison: "Comparison") -> str:
    if not comparison.known:
        return "the true side of none is known"
    return f"the true side of {comparison.known:,} is known"


def _left_out(comparison: "Comparison") -> str:
    counts = ((comparison.neither, "nobody's by the exchange's word"), (comparison.off_grid, "between two ticks"))
    told = [f"{count:,} {what}" for count, what in counts if count]
    return f"; left out: {', '.join(told)}" if told else ""
