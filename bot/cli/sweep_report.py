"""What a person reads of a sweep: what it proves, the best trials, and what each setting did."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import print_rows

if TYPE_CHECKING:
    from bot.search.figures import Verdict
    from bot.search.plateau import Plateau
    from bot.search.sweep import Found, Trial

SHOWN = 10
BARS = "▁▂▃▄▅▆▇█"
FAILED = 3


def report(found: "Found", judged: "Verdict", view: "Plateau | None") -> None:
    """Print it."""
    trials = found.trials
    failed = [trial for trial in trials if trial.error is not None]
    if view is not None:
        order = sorted(view.scores, key=lambda number: -view.scores[number])
        print_rows([_row(trials[number], view) for number in order[:SHOWN]], _columns(trials), title="Best trials")
        for name, values in view.axes.items():
            click.echo(f"\n  {name}")
            low, high = min(v.score for v in values), max(v.score for v in values)
            for value in values:
                bar = BARS[round((value.score - low) / (high - low) * (len(BARS) - 1))] if high > low else BARS[0]
                click.echo(f"    {value.value!s:>12}  {value.score:+8.2f} R a session  {bar}  {value.trials} trials")
        click.echo(f"\n  {view.words}")
    for one in failed[:FAILED]:
        click.echo(f"\n  failed: {_told(one.params)}\n    " + str(one.error).replace("\n", "\n    "))
    if len(failed) > FAILED:
        click.echo(f"  … {len(failed)} of {len(trials)} trials failed; --json has every one")
    click.echo(f"\n  {len(trials):,} trials here, {found.tries:,} tried on these tapes so far, {_sessions(found)}")
    for name, figure in (
        ("deflated Sharpe", judged.deflated),
        ("probability of overfitting", judged.pbo),
        ("walk-forward, R a session", judged.walk_forward),
    ):
        said = "not told" if figure.value is None else f"{figure.value:.2f}"
        click.echo(f"  {name}: {said}: {figure.words}")
    click.echo(f"  {conclusion(judged)}")


def conclusion(judged: "Verdict") -> str:
    """The sentence that follows from the figures."""
    from bot.review.stats import DEFLATED_MIN

    sharpe, overfit = judged.deflated.value, judged.pbo.value
    if sharpe is None or overfit is None:
        return "This is no evidence of an edge: there is too little to tell luck from anything else."
    if sharpe >= DEFLATED_MIN and overfit < PBO_MAX:
        return "The best is more than luck shows here. That is a reason to watch it forward, on days nobody has seen."
    asked = (
        f"a deflated Sharpe of {DEFLATED_MIN:.2f} and a probability of overfitting below {PBO_MAX:.2f} are asked for"
    )
    return f"This is no evidence of an edge: {asked}."


PBO_MAX = 0.2


def _columns(trials: Sequence["Trial"]) -> list[str]:
    return ["trial", *trials[0].params, "round_trips", "expectancy_r", "net_ticks", "r_a_session", "with_neighbours"]


def _row(trial: "Trial", view: "Plateau") -> dict[str, Any]:
    return {
        "trial": trial.number,
        **trial.params,
        "round_trips": trial.round_trips,
        "expectancy_r": "" if trial.expectancy_r is None else f"{trial.expectancy_r:+.2f}",
        "net_ticks": trial.net_ticks,
        "r_a_session": f"{view.scores[trial.number]:+.2f}",
        "with_neighbours": f"{view.levels[trial.number]:+.2f}",
    }


def _told(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in params.items()) or "as it is"


def _sessions(found: "Found") -> str:
    return f"{len(found.sessions)} session{'s' * (len(found.sessions) != 1)}"
