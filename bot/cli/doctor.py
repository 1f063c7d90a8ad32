"""`paperpit doctor [PART…]`: one line a check, each bad one with its remedy."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from bot.cli.output import json_option, print_json
from bot.domain.finding import Finding

if TYPE_CHECKING:
    from bot.cli.judge import Judge

MARKS = {"ok": "✓", "warn": "!", "fail": "✗"}
GIB = 1 << 30
FAR = ("gateway", "account", "clock", "contracts", "tick-rules", "market-data")
"""What only the far end of the wire can tell."""
DISK_WARN, DISK_FAIL = 2 * GIB, GIB // 4


class Patient:
    """What the checks may look at."""

    def __init__(self, config: Path | None, sets: Sequence[str], parts: Sequence[str] = ()) -> None:
        self.config, self.sets, self.parts = config, sets, parts

    @cached_property
    def judge(self) -> "Judge":
        """The configuration, judged once for all checks."""
        from bot.cli.judge import Judge
        from bot.clock import WallClock

        judge = Judge(self.config, self.sets, WallClock().now_ns())
        judge.everything()
        return judge

    @cached_property
    def far(self) -> list[Finding]:
        """What the adapter in force found at its far end, asked once for all checks."""
        from bot.cli.far_end import looked_at

        return looked_at(self.config, self.sets)


def _python(_: Patient) -> Iterator[Finding]:
    import platform
    from importlib.metadata import version

    here = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding("python", "ok", f"paperpit {version('paperpit')}, {here}")


def _names(_: Patient) -> Iterator[Finding]:
    from importlib.metadata import packages_distributions

    owners = packages_distributions()
    for name in ("bot", "adapters", "strategies"):
        others = sorted(set(owners.get(name, ())) - {"paperpit"})
        if others:
            message = f"the package `{name}` also belongs to {', '.join(others)}: one has overwritten the other"
            yield Finding("names", "warn", message, "install paperpit into an environment of its own")
            return
    yield Finding("names", "ok", "bot, adapters and strategies belong to paperpit alone")


def _settings(patient: Patient) -> Iterator[Finding]:
    judge = patient.judge
    errors = [fault for fault in judge.faults if fault.level == "error"]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        yield Finding("settings", "fail", str(errors[0]).splitlines()[0] + more, "paperpit check")
        return
    warnings = [fault for fault in judge.faults if fault.key != "calendar"]
    if warnings:
        yield Finding("settings", "warn", str(warnings[0]).splitlines()[0], "paperpit check")
    else:
        yield Finding("settings", "ok", ", ".join(judge.files))


def _plugins(_: Patient) -> Iterator[Finding]:
    from bot import plugins
    from bot.errors import ConfigError

    others, broken = [], 0
    for group in plugins.GROUPS:
        offered = {offer.name: offer for offer in plugins.offers(group)}
        for name, offer in offered.items():
            try:
                plugins.find(group, name)
            except ConfigError as error:
                broken += 1
                yield Finding("plugins", "fail", error.what, error.do)
            if not offer.distribution.startswith("paperpit "):
                others.append(f"{name} ({offer.distribution})")
    if not broken:
        yield Finding("plugins", "ok", f"besides paperpit's own: {', '.join(others)}" if others else "paperpit's own")


def _kernels(_: Patient) -> Iterator[Finding]:
    import tempfile

    from bot.kernel import cache_folder

    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = f"compiled kernels cannot be kept in {folder} ({error.strerror}): every start compiles anew"
        yield Finding("kernels", "fail", message, "make it writable, or set PAPERPIT_KERNEL_CACHE to a folder that is")
    else:
        yield Finding("kernels", "ok", f"compiled kernels are kept in {folder}")


def _zones(_: Patient) -> Iterator[Finding]:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("America/New_York")
    except (ZoneInfoNotFoundError, OSError) as error:
        yield Finding("zones", "fail", f"no time zone data: {error}", "pip install tzdata")
    else:
        yield Finding("zones", "ok", "New York's clock is known")


def _calendar(patient: Patient) -> Iterator[Finding]:
    faults = [fault for fault in patient.judge.faults if fault.key == "calendar"]
    for fault in faults:
        yield Finding("calendar", "fail" if fault.level == "error" else "warn", fault.message, fault.do)
    if not faults:
        yield Finding("calendar", "ok", "every kind of event that matters is known for 30 days and more")


def _journal(patient: Patient) -> Iterator[Finding]:
    from bot.cli.far_end import journal_of
    from bot.errors import ConfigError, PaperpitError
    from bot.journal.schema import require_head

    try:
        where = journal_of(patient.config, patient.sets)
        if where.path is not None and not where.path.exists():
            yield Finding("journal", "ok", f"{where.shown} is not there yet; `paperpit run` makes it")
            return
        from bot.journal.migrate import current

        version = current(where)
        if version is None:
            raise ConfigError("this database is empty", where=where.shown, do="paperpit db upgrade")
        require_head(version, where)
    except PaperpitError as error:
        yield Finding("journal", "fail", f"{error.where}: {error.what}" if error.where else error.what, error.do)
    else:
        yield Finding("journal", "ok", f"{where.shown} is at revision {version}")


def _writable(patient: Patient) -> Iterator[Finding]:
    from bot.cli.far_end import written_to

    yield written_to(patient.config, patient.sets)


def _told_by_the_far_end(part: str) -> Callable[[Patient], Iterator[Finding]]:
    def check(patient: Patient) -> Iterator[Finding]:
        yield from (one for one in patient.far if one.check == part)

    return check


def _disk(_: Patient) -> Iterator[Finding]:
    import shutil

    from bot.resources import data_folder

    folder = data_folder()
    free = shutil.disk_usage(folder).free
    level: Literal["ok", "warn", "fail"] = "fail" if free < DISK_FAIL else "warn" if free < DISK_WARN else "ok"
    hint = "" if level == "ok" else "make room: a journal that cannot be written closes entries"
    yield Finding("disk", level, f"{free / GIB:.1f} GiB free at {folder}", hint)


def _tape(_: Patient) -> Iterator[Finding]:
    from bot.errors import PaperpitError
    from bot.tape import find_tape, open_tape

    try:
        path = find_tape("demo")
        with open_tape(path) as tape:
            yield Finding("tape", "ok", f"the demo tape opens: {tape.facts.contract}, {tape.facts.rows:,} rows")
    except PaperpitError as error:
        yield Finding("tape", "fail", f"{error.where}: {error.what}", error.do or "install paperpit again")


def _notify(patient: Patient) -> Iterator[Finding]:
    """A test notice, where it was asked for by name."""
    from bot.cli.far_end import called_by
    from bot.errors import PaperpitError

    try:
        yield called_by(patient.config, patient.sets, really="notify" in patient.parts)
    except PaperpitError as error:
        yield Finding("notify", "fail", error.what, error.do or "paperpit check")


CHECKS: dict[str, Callable[[Patient], Iterator[Finding]]] = {
    "python": _python,
    "names": _names,
    "settings": _settings,
    "plugins": _plugins,
    "kernels": _kernels,
    "zones": _zones,
    "calendar": _calendar,
    "journal": _journal,
    "writable": _writable,
    "disk": _disk,
    "tape": _tape,
    "notify": _notify,
    **{part: _told_by_the_far_end(part) for part in FAR},
}


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(CHECKS)), metavar="[PART]…")
@click.option("--config", "-c", type=click.Path(path_type=Path), help="The bot.toml to look at.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Look at bot.toml with one key set.")
@json_option
def doctor(parts: tuple[str, ...], config: Path | None, sets: tuple[str, ...], as_json: bool) -> None:
    """Look at this set-up; say what is wrong and what to do. Exit 1 when something fails.

    PART: python, names, settings, plugins, kernels, zones, calendar, journal, writable, disk, tape, notify (sends a
    test when it is named); and at the far end of an adapter that has one: gateway, account, clock, contracts,
    tick-rules, market-data. All of them without any.
    """
    patient = Patient(config, sets, parts)
    found = [one for name in parts or CHECKS for one in CHECKS[name](patient)]
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            click.echo(f"{MARKS[one.level]} {one.check:<11} {one.message}")
            if one.hint:
                click.echo(f"{'':<14}{one.hint}")
    if any(one.level == "fail" for one in found):
        raise SystemExit(1)
