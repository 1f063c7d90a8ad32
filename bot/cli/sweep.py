"""`paperpit sweep FILE.toml`: many settings of one strategy on the same tapes, and what that proves."""

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import json_option, print_json, progress, say
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.search.figures import Verdict
    from bot.search.here import Workers
    from bot.search.plan import Planned
    from bot.search.plateau import Plateau
    from bot.search.sweep import Engine, Found
    from bot.search.trial import Scene, Tape


@click.command()
@click.argument("file", metavar="FILE.toml")
@click.option("--tape", "tapes", multiple=True, default=("demo",), help="A tape; several are replayed one by one.")
@click.option("--trials", type=click.IntRange(1), help="How many are drawn (default: a whole grid; 64 of ranges).")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of what is drawn.")
@click.option("--jobs", type=click.IntRange(1), help="Trials at a time (default: one a core).")
@click.option(
    "--workers",
    type=click.Choice(["auto", "threads", "processes"]),
    default="auto",
    show_default=True,
    help="Who plays them: threads, or processes, which pay where there is much to play.",
)
@click.option("--dask", metavar="local|ADDRESS", help="Play trials on Dask: processes here, or that scheduler's.")
@click.option("--journal", help="URL of the journal that keeps the results.")
@click.option("--config", "-c", type=click.Path(path_type=Path), help="The bot.toml to read.")
@click.option("--calendar", help="Event calendar: a file, or 'none'.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set one key of bot.toml for this sweep.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE.svg", help="Also draw results by setting.")
@json_option
def sweep(
    file: str,
    tapes: tuple[str, ...],
    trials: int | None,
    seed: int,
    jobs: int | None,
    workers: "Workers",
    dask: str | None,
    journal: str | None,
    config: Path | None,
    calendar: str | None,
    sets: tuple[str, ...],
    plot: Path | None,
    as_json: bool,
) -> None:
    """Play a strategy with each of the settings that FILE.toml leaves open, and say what the best of them is worth.

    \b
    paperpit sweep drill-es.toml
    paperpit sweep es-open-absorption.toml --tape monday --tape tuesday --trials 200 --seed 7
    paperpit sweep drill-es.toml --json
    """
    from bot import plugins
    from bot.cli.sweep_report import report
    from bot.config import journal_url, read_bot
    from bot.config.places import find_sweep, shown
    from bot.config.reading import read_text
    from bot.journal import default_url
    from bot.kernel import compiled
    from bot.search.figures import verdict
    from bot.search.picture import drawn
    from bot.search.plan import ordered, plan
    from bot.search.plateau import plateau
    from bot.search.space import read_space
    from bot.search.start import start

    path = find_sweep(file)
    text = read_text(path, shown(path))
    space = read_space(text, shown(path))
    planned = plan(space, trials, seed)
    changes = sets if calendar is None else [*sets, f"calendar={calendar}"]
    bot = read_bot(config, changes)
    plugins.judge(bot)
    if not compiled():
        say("compiling the detectors (once; some seconds)")
    scene, places = start(path, planned, tapes, bot)
    url = journal or journal_url(bot.value, changes) or default_url(replay=True)
    say(f"{len(planned)} trials on {len(places)} tape{'s' * (len(places) > 1)}, seed {seed}")
    found = _played(scene, places, planned, text, seed, url, _engine(workers, dask, jobs or os.cpu_count() or 1))
    judged, view = verdict(found), plateau(found.trials, len(found.sessions), ordered(space))
    if plot is not None and view is not None:
        _draw(plot, drawn(view, found.trials, path.stem))
    if as_json:
        print_json(_shape(found, judged, view, seed))
    else:
        report(found, judged, view)


def _shape(found: "Found", judged: "Verdict", view: "Plateau | None", seed: int) -> dict[str, Any]:
    """The object of the command-line contract, and what it was made of."""
    return {
        "tries": found.tries,
        "trials": [trial.shape() for trial in found.trials],
        "deflated_sharpe": judged.deflated.value,
        "pbo": judged.pbo.value,
        "seed": seed,
        "sessions": len(found.sessions),
        "best": None if judged.best is None else judged.best.number,
        "figures": {
            "deflated_sharpe": judged.deflated.shape(),
            "pbo": judged.pbo.shape(),
            "walk_forward": judged.walk_forward.shape(),
        },
        "plateau": None if view is None else view.shape(),
    }


def _draw(path: Path, picture: str) -> None:
    from bot.tape.writer import AtomicFile

    with AtomicFile(path) as file:
        file.write(picture.encode())


def _engine(workers: "Workers", dask: str | None, jobs: int) -> "Engine":
    """Who plays the trials, so many at a time."""
    if dask is None:
        from bot.search.here import on_this_machine

        return lambda scene, wanted: on_this_machine(scene, wanted, jobs, workers)
    if workers != "auto":
        raise UsageError(f"--workers {workers} plays here, --dask does not", do="leave one of them out")
    from bot.search.units import dealt

    try:
        from bot.search.cluster import on_dask
    except ModuleNotFoundError as error:
        raise UsageError(
            f"--dask needs {error.name}, which is not installed", do="pip install 'paperpit[sweep]'"
        ) from None
    return lambda scene, wanted: on_dask(scene, dealt(wanted, jobs), dask, jobs)


def _played(
    scene: "Scene",
    tapes: "Sequence[Tape]",
    planned: "Sequence[Planned]",
    text: str,
    seed: int,
    url: str,
    engine: "Engine",
) -> "Found":
    import msgspec

    from bot.clock import WallClock
    from bot.journal import new_run_id
    from bot.journal.sweep_rows import Sweep
    from bot.journal.sweeps import open_sweeps
    from bot.search.sweep import run

    now_ns = WallClock().now_ns
    name = new_run_id(now_ns())
    hashes = msgspec.json.encode([tape.hash for tape in tapes]).decode()
    strategy = str(tomllib.loads(planned[0].text)["name"])
    asked = Sweep(name, now_ns(), strategy, text, hashes, len(planned), seed)
    with open_sweeps(url, name, now_ns) as kept, progress("sweep", len(planned) * len(tapes), "trials") as seen:
        return run(scene, tapes, planned, kept, asked, engine, seen)
