"""Measure the quality of detection on two markets and print one markdown table a market and product.

Seeds 1 to 99 are for tuning: whoever has looked at them may change parameters. Seeds from 1000 on are for reporting: a
report on them is made after the last change, and names them.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from bot.scoring import Tally, decoy_rows, guard_rows
from tests.quality.measure import measure
from tests.quality.table import table
from tests.quality.tapes import MARKETS, PRODUCTS, Job

TUNING, REPORTING = range(1, 100), 1000
Pair = tuple[Tally, Tally]


def arguments(told: Sequence[str] | None = None) -> argparse.Namespace:
    """What to measure."""
    ask = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    ask.add_argument("--markets", nargs="+", choices=MARKETS, default=list(MARKETS))
    ask.add_argument("--instruments", nargs="+", choices=PRODUCTS, default=["ES"])
    ask.add_argument("--hours", type=float, default=6.5, help="of each day")
    ask.add_argument("--seeds", type=seeds, default=seeds("1-6"), help="of planted days, A-B or A")
    ask.add_argument("--null-seeds", type=seeds, default=seeds("1-6"), help="of strict-null days")
    ask.add_argument("--reference", action="store_true", help="let the reference detectors read the same tapes")
    ask.add_argument("--broker-like", action="store_true", help="whole-second stamps, late prints, no sides")
    ask.add_argument(
        "--base-share", type=float, default=0.5, help="of buying, the whole day (second market, nothing planted)"
    )
    ask.add_argument("--unguarded", action="store_true", help="let no guard veto anything, as the reference")
    ask.add_argument("--decoys", action="store_true", help="also what came of the decoys, and what guards cost")
    ask.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE", help="one key of bot.toml")
    ask.add_argument("--keep", type=Path, help="folder in which the tapes stay, to be used again")
    return ask.parse_args(told)


def seeds(text: str) -> range:
    """`3-7` or `3`."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def pooled(jobs: Sequence[Job], folder: Path, options: argparse.Namespace) -> Pair:
    """The tallies of some days, ours and the reference's."""
    ours, theirs = Tally(), Tally()
    for number, job in enumerate(jobs, 1):
        print(f"{number}/{len(jobs)} {job.name}", file=sys.stderr)
        one, other = measure(
            job, folder, reference=options.reference, sets=tuple(options.sets), unguarded=options.unguarded
        )
        ours, theirs = ours + one, theirs + (other or Tally())
    return ours, theirs


def report(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """Lines of markdown."""
    for market, name in product(options.markets, options.instruments):
        how = {"broker": options.broker_like, "share": options.base_share}
        days = [Job(market, name, seed, options.hours, **how) for seed in options.seeds]
        nulls = [
            Job(market, name, seed, options.hours, null=True, broker=options.broker_like) for seed in options.null_seeds
        ]
        (ours, theirs), (ours_null, theirs_null) = (pooled(jobs, folder, options) for jobs in (days, nulls))
        yield f"### {name}, {market} market{', broker-like feed' if options.broker_like else ''}"
        yield ""
        yield f"Planted: seeds {named(options.seeds)}. Strict null: seeds {named(options.null_seeds)}."
        yield ""
        yield from table(ours, ours_null, *((theirs, theirs_null) if options.reference else (None, None)))
        yield ""
        if options.decoys:
            yield from extras(ours, ours_null)


def named(some: range) -> str:
    """Which seeds, and what they are for."""
    purpose = "reporting" if some and some[0] >= REPORTING else "tuning" if some and some[-1] in TUNING else "neither"
    return f"{some[0]}–{some[-1]} ({purpose})" if some else "none"


def extras(planted: Tally, null: Tally) -> Iterator[str]:
    """Decoys, and the share of time that guards are on."""
    for one in decoy_rows(planted):
        yield f"- {one['decoy']}: {one['flagged']} of {one['decoys']} flagged, {one['detections']} detections inside"
    for one, quiet in zip(guard_rows(planted), guard_rows(null), strict=True):
        yield f"- {one['guard']} {one['what']}: on {one['share']:.2%} of planted days, {quiet['share']:.2%} of nulls"
    yield ""


def main(told: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = arguments(told)
    with tempfile.TemporaryDirectory(prefix="paperpit-quality-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for line in report(options, folder):
            print(line)


if __name__ == "__main__":
    main()
