"""`paperpit score TAPE`: what the detectors see of a tape, held against what is known to have happened on it."""

import difflib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import list_options, print_rows, progress, say
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.scoring import Matched, Tally, Watch, Watched
    from bot.tape.labels import Label

PATH = click.Path(path_type=Path)
NOBODY = Path("none")
KNOWN = (
    "Brackets hold exact 95 % intervals; delay counts from a label's end.\n"
    "A synthetic market proves what a detector can see there, and nothing about an edge."
)
UNKNOWN = "Nobody said what really happened: these are counts, and none of them is right or wrong."


@click.command()
@click.argument("tape", metavar="TAPE")
@click.option("--labels", type=PATH, help="What happened (default: <stem>.labels.parquet beside the tape), or none.")
@click.option("--config", "-c", type=PATH, help="The bot.toml to read.")
@click.option(
    "--strategy", "strategies", multiple=True, help="Strategy TOML whose detectors are scored; default: none."
)
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set one key of bot.toml for this score.")
@click.option("--decoys", "wanted", flag_value="decoys", help="The table of decoys alone, also as JSON or CSV.")
@click.option("--guards", "wanted", flag_value="guards", help="The table of guards alone, also as JSON or CSV.")
@click.option("--detections", type=PATH, metavar="FILE.jsonl", help="Also write every unvetoed detection, one a line.")
@click.option("--plot", type=PATH, metavar="FILE.svg", help="Also draw recall and false alarms.")
@list_options
def score(
    tape: str,
    labels: Path | None,
    config: Path | None,
    strategies: tuple[str, ...],
    sets: tuple[str, ...],
    wanted: str | None,
    detections: Path | None,
    plot: Path | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Hold what the detectors see of TAPE against its labels: recall, false alarms, delay.

    \b
    paperpit score demo
    paperpit score synth-7 --json
    paperpit score mine.parquet --labels truth.parquet --set detectors.absorption.z_min=2.4
    """
    from bot.cli.trading import read_settings
    from bot.kernel import compiled
    from bot.scoring import Watch, match, tally_of

    if as_json and as_csv:
        raise UsageError("--json and --csv at once", allowed="one of them")
    if plot is not None and labels == NOBODY:
        raise UsageError(
            "--plot draws recall, which --labels none does not know", do="give labels, or leave --plot out"
        )
    bot, specs = read_settings(config, sets, strategies)
    specs = specs if strategies else []
    watch = Watch(tape, bot=bot, strategies=specs)
    for spec in specs:
        if spec.value.instrument != watch.product:
            say(f"note: strategy {spec.value.name} is of {spec.value.instrument}: it asks nothing of this tape")
    known = None if labels == NOBODY else _known(tape, labels, watch)
    if not compiled():
        say("compiling the detectors (once; some seconds)")
    with progress(f"scoring {watch.contract}", watch.rows, "ticks") as advance:
        watched = watch.read(advance)
    matched = match(watched, known)
    tally = tally_of(watched, matched)
    if detections is not None:
        _write_detections(detections, watched, matched)
    if plot is not None:
        _draw(plot, tally, tape)
    _print(tally, watched, wanted, as_json=as_json, as_csv=as_csv)


def _known(tape: str, labels: Path | None, watch: "Watch") -> "list[Label]":
    from bot.scoring import labels_beside

    known, elsewhere = labels_beside(tape, labels, watch)
    if elsewhere:
        say(f"note: labels outside the tape's time, left out: {elsewhere}")
    strangers = Counter(one.what for one in known if not one.decoy and one.what not in watch.kinds)
    for kind, count in strangers.items():
        near = difflib.get_close_matches(kind, watch.kinds, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        say(f"note: no detector here says {kind}: {count} labels that nothing can hit{hint}")
    return known


def _write_detections(path: Path, watched: "Watched", matched: "Matched") -> None:
    import msgspec

    from bot.tape.writer import AtomicFile

    sides = {1: "long", -1: "short"}
    with AtomicFile(path) as file:
        for seen, outcome in matched.detections:
            if outcome == "vetoed":
                continue
            row = {
                "ts_ns": seen.ts,
                "kind": seen.kind,
                "side": sides.get(seen.side),
                "price": f"{seen.price * watched.tick:f}",
                "strength": seen.strength,
                "known_ns": seen.known,
                "outcome": outcome,
            }
            file.write(msgspec.json.encode(row) + b"\n")


def _draw(path: Path, tally: "Tally", tape: str) -> None:
    from bot.scoring.plot import drawn
    from bot.tape.writer import AtomicFile

    with AtomicFile(path) as file:
        file.write(drawn(tally, tape).encode())


def _print(tally: "Tally", watched: "Watched", wanted: str | None, *, as_json: bool, as_csv: bool) -> None:
    from bot.scoring import decoy_rows, guard_rows, rows

    if as_json or as_csv:
        found = {"decoys": decoy_rows, "guards": guard_rows}.get(wanted or "", rows)(tally)
        print_rows(found, list(found[0]) if found else ("kind",), as_json=as_json, as_csv=as_csv)
        return
    if wanted is None:
        _print_kinds(rows(tally), _judged if tally.judged_ns else _counted)
    if wanted == "decoys" or (wanted is None and tally.judged_ns):
        _print_decoys(decoy_rows(tally))
    if wanted in (None, "guards"):
        _print_guards(guard_rows(tally))
    if wanted is None:
        click.echo(
            f"\n{tally.ns / 3_600_000_000_000:.2f} h of {watched.product}. {KNOWN if tally.judged_ns else UNKNOWN}"
        )


def _print_kinds(rows: Sequence[Mapping[str, Any]], told: Callable[[Mapping[str, Any]], dict[str, str]]) -> None:
    shown = [told(row) for row in rows]
    apart = sum(bool(row["counted"]) for row in rows)
    if 0 < apart < len(shown):
        shown.insert(apart, dict.fromkeys(shown[0], "─" * 6))
    print_rows(shown, list(shown[0]) if shown else (), empty="no detector, no label")


def _judged(row: Mapping[str, Any]) -> dict[str, str]:
    lost, thirds = row["lost_to_vetoes"], row["by_strength"]
    return {
        "kind": row["kind"],
        "labels": str(row["labels"]),
        "seen": str(row["detections"]),
        "recall": _with(row, "recall") if row["labels"] else "-",
        "weak/mid/strong": "/".join(_short(third["recall"]) for third in thirds.values()) if row["labels"] else "-",
        "precision": _short(row["precision"]),
        "false/h": _with(row, "false_per_hour"),
        "in_decoys": str(row["false_in_decoys"]),
        "delay": _seconds(row["median_delay_ms"]),
        "p90": _seconds(row["p90_delay_ms"]),
        "dup": str(row["duplicates"]),
        "cross": str(row["crossed"]),
        "vetoed": f"{row['vetoed']} (labels {lost})" if lost else str(row["vetoed"]),
    }


def _counted(row: Mapping[str, Any]) -> dict[str, str]:
    shown = {"kind": row["kind"], "seen": str(row["detections"]), "an_hour": _short(row["per_hour"])}
    return {**shown, "vetoed": str(row["vetoed"])}


def _with(row: Mapping[str, Any], name: str) -> str:
    return f"{_short(row[name])} [{_short(row[f'{name}_low'])}, {_short(row[f'{name}_high'])}]"


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _seconds(ms: int | None) -> str:
    return "-" if ms is None else f"{ms / 1000:+.1f} s"


def _print_decoys(rows: Sequence[Mapping[str, Any]]) -> None:
    shown = [
        {
            "decoy": row["decoy"],
            "number": str(row["decoys"]),
            "flagged": str(row["flagged"]),
            "median": _seconds(row["median_flag_ms"]),
            "p90": _seconds(row["p90_flag_ms"]),
            "by": ", ".join(f"{guard} {one['flagged']}" for guard, one in row["by_guard"].items()) or "-",
            "seen_inside": str(row["detections"]),
            "vetoed": str(row["vetoed"]),
        }
        for row in rows
    ]
    click.echo()
    print_rows(shown, list(shown[0]) if shown else (), empty="no decoy among the labels")


def _print_guards(rows: Sequence[Mapping[str, Any]]) -> None:
    shown = [
        {
            "guard": row["guard"],
            "what": row["what"],
            "times": str(row["times"]),
            "seconds": f"{row['seconds']:.1f}",
            "share of time": _percent(row["share"]),
        }
        for row in rows
    ]
    click.echo()
    print_rows(shown, list(shown[0]) if shown else (), empty="no guard")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
