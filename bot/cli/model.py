"""`paperpit model train | show | reset`: the guard that abstains."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.control import desk_option
from bot.cli.journal_options import filter_options, filters_of, opened
from bot.cli.output import json_option, print_json, print_rows, progress, say
from bot.cli.refused import missing

if TYPE_CHECKING:
    from bot.models.record import Bin, Model, Scores
    from bot.review.labelled import Labelled


@click.group()
def model() -> None:
    """A model that may turn a strategy's proposals down, and nothing else: train, show, reset."""


@model.command()
@filter_options
@click.option("--out", required=True, metavar="FILE", type=click.Path(path_type=Path), help="Where the model goes.")
@click.option("--feature", "features", multiple=True, metavar="NAME", help="Evidence to learn from; again for more.")
@json_option
def train(
    journal: str | None,
    run: str | None,
    out: Path,
    features: Sequence[str],
    as_json: bool,
    **wanted: Any,
) -> None:
    """Learn from a journal which of a strategy's proposals win, and write the model to FILE.

    Days are kept apart (purge, embargo, walk forward). Under 300 labelled candidates, or 50 of the rarer outcome,
    nothing is written: NOT_TRAINED, exit code 1.

    \b
    paperpit model train --journal replay.db --strategy es-open-absorption --out es-open.model.json
    """
    from importlib.metadata import version

    from bot.cli.what_if import asking, counted
    from bot.errors import ConfigError, UsageError
    from bot.models import record
    from bot.review.labelled import labelled

    with opened(journal, run, "all") as at, progress("asking the tapes", len(at.runs), "runs") as advance:
        found = labelled(at.reader, at.runs, filters_of(**wanted), counted(asking(at.reader), advance))
    _tell(found)
    strategies = sorted({one.strategy for one in found.candidates})
    if len(strategies) > 1:
        raise UsageError("a model is of one strategy", allowed=", ".join(strategies), do="--strategy NAME")
    try:
        from bot.models.fit import train as fit

        made = fit(found.candidates, features=features, version=version("paperpit"))
    except ModuleNotFoundError as error:
        raise ConfigError(f"{error.name} is not installed", do='pip install "paperpit[ml]"') from None
    record.write(out, made)
    if as_json:
        print_json(shape(made))
        return
    _show(made)
    click.echo(f"\nwrote {out}")


@model.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--html", type=click.Path(path_type=Path), metavar="PAGE", help="Write the calibration as a page.")
@click.option("--svg", type=click.Path(path_type=Path), metavar="PICTURE", help="Write the calibration as a picture.")
@json_option
def show(file: Path, html: Path | None, svg: Path | None, as_json: bool) -> None:
    """What a model is made of, and how well its probabilities held on days that it had not seen.

    \b
    paperpit model show es-open.model.json
    paperpit model show es-open.model.json --html calibration.html
    """
    from bot.models import drawing, record

    found = record.read(file)
    for path, text in ((html, drawing.page), (svg, drawing.svg)):
        if path is not None:
            path.write_text(text(found.model))
            say(f"wrote {path}")
    if as_json:
        print_json({**shape(found.model), "whole": found.whole})
        return
    _show(found.model)
    if not found.whole:
        click.echo("\nMODEL_HASH_MISMATCH: the file is not what was trained, or was made by other formulas")


@model.command()
@click.argument("strategy")
@click.option("--reason", required=True, help="Why it may be trusted again, for the journal.")
@desk_option
def reset(strategy: str, reason: str, desk: str | None) -> None:
    """Say that the model of STRATEGY may judge again; an alarm about outcomes also waits for another model.

    \b
    paperpit model reset es-open-absorption --reason "trained anew on March"
    """
    from bot import control
    from bot.control.asking import asked

    told = control.tell(control.chosen(desk), asked("model-reset", strategy=strategy, reason=reason))
    click.echo(told["result"])


def _tell(found: "Labelled") -> None:
    for why, count in found.left_out.items():
        say(f"{count:,} candidates have no label: {why}")
    missing(found.untold, "what they refused has no label")


def shape(made: "Model") -> dict[str, Any]:
    """The model for programs; what answers are looked up in is left out."""
    from msgspec import to_builtins

    left_out = {"knots", "low", "high", "precision", "distances"}
    return {"hash": made.hash, **{key: value for key, value in to_builtins(made).items() if key not in left_out}}


def _show(made: "Model") -> None:
    from bot.cli.output import new_york

    tested = made.tested
    click.echo(f"{made.strategy}: model {made.hash}, data until {new_york(made.until_ns)}, L2 with C = {made.c:g}")
    click.echo(
        f"{made.candidates:,} candidates, {made.won:,} won; trained on {len(made.training_days)} days, calibrated on "
        f"{len(made.calibration_days)}"
    )
    weights = [{"feature": name, "weight": f"{w:+.3f}"} for name, w in zip(made.features, made.weights, strict=True)]
    print_rows(weights, ("feature", "weight"), title="what it goes by, standardised")
    print_rows(
        [_bin(one) for one in tested.table],
        ("candidates", "promised", "won"),
        title=f"{tested.candidates:,} candidates of {tested.days} days that it had not seen",
    )
    scores = (("Venn-Abers", tested.venn_abers), ("plain isotonic", tested.isotonic), ("base rate", tested.base))
    print_rows([_scores(name, one) for name, one in scores], ("by", "ECE", "Brier", "log loss"), title="held against")
    for line in _words(made):
        click.echo(line)


def _words(made: "Model") -> Iterator[str]:
    from bot.models.judge import ECE_MOST, SKILL_LEAST

    tested = made.tested
    yield (
        f"\np0 was above break-even for {tested.kept:,} of {tested.candidates:,}, of which {tested.kept_won:,} won; "
        f"p1 − p0 is {tested.width:.3f} on average."
    )
    if tested.skill < SKILL_LEAST:
        yield (
            f"It has learned nothing (better than the base rate by {tested.skill:.1f} standard errors, {SKILL_LEAST} "
            "are asked for): it will abstain from everything, NOT_TRAINED."
        )
    if tested.venn_abers.ece > ECE_MOST:
        yield (
            f"ECE {tested.venn_abers.ece:.3f} is above {ECE_MOST}: it will abstain from everything, CALIBRATION_BAD. "
            f"Chance alone makes about {tested.chance:.3f} of so few candidates."
        )
    yield "PAPER, fills by 'queue'. No claim of an edge."


def _bin(one: "Bin") -> Mapping[str, str]:
    return {"candidates": f"{one.count:,}", "promised": f"{one.promised:.1%}", "won": f"{one.won:.1%}"}


def _scores(name: str, one: "Scores") -> Mapping[str, str]:
    return {"by": name, "ECE": f"{one.ece:.3f}", "Brier": f"{one.brier:.4f}", "log loss": f"{one.log_loss:.4f}"}
