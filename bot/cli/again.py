"""`replay --run`: a recorded run once more, from what its journal and its tapes kept, and what came out differently."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bot.cli.output import say
from bot.domain.command import KILL, Command, Verb, paused
from bot.errors import DataDamaged, InputMissing, UsageError

if TYPE_CHECKING:
    from bot.config import BotFile, Loaded, StrategyFile
    from bot.daemon import Asked
    from bot.journal import rows
    from bot.journal.place import Place
    from bot.journal.reading import Reader, RunInfo
    from bot.ports import Renewal
    from bot.tape import TapeFacts

REPLAY, SYNTHETIC, IB = "replay", "synthetic", "ib"
REFUSED = "refused"
"""How the result of a command begins that did nothing."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says about a repetition; None and empty: as it was."""

    journal: str | None = None
    sets: Sequence[str] = ()
    fill_model: str | None = None
    latency_ms: int | None = None
    tapes: Sequence[str] = ()
    """Files that its tapes may be among, if they are not where they were."""


@dataclass(frozen=True, slots=True)
class Found:
    """A recorded run: its journal, its first row, and how it ended."""

    where: "Place"
    row: "rows.Run"
    contracts: Sequence[str]
    """By instrument index."""
    commands: "Sequence[rows.Command]"
    renewals: "Sequence[tuple[int, Renewal]]"
    """What became of the calendar while it lasted."""
    before: "Sequence[Command]"
    """What brings about the pauses and the kill switch that earlier runs of the account had left in force."""
    revisions: "Mapping[str, rows.ConfigRevision]"
    """What it went on with, by the nonce of the command that brought it."""
    stopped: bool
    """Whether it was stopped or cut off: what it held stayed under its stops."""


def recorded(wanted: str, wishes: Wishes, tell: Callable[[str], None] = say) -> "tuple[Asked, Place, str]":
    """What a recorded run was asked for, with the journal and id that it was found by; `tell` takes notes for a person.

    `wanted` is an id, `last` or `yesterday`. A live run's market is the tapes that it recorded; one that was made while
    it was read is made again, as fast as it goes. Raises InputMissing for an unknown run or a tape that is gone,
    DataDamaged for a tape that is not the one it replayed, UsageError for a run that goes on or a made market without
    an end.
    """
    from bot.config import read_bot, read_strategy
    from bot.daemon import Asked
    from bot.journal import default_url
    from bot.journal.first_rows import BOT, BROKER, CALENDAR, MOMENT, STRATEGIES
    from bot.risk.calendar import EventCalendar
    from bot.warm import NONE, RECORDED, Wanted, folder

    found = find(wanted, wishes.journal)
    row, texts = found.row, json.loads(found.row.config)
    own = _recorded_tapes(found, wishes.tapes, tell)

    def settings(texts: Mapping[str, str]) -> "tuple[Loaded[BotFile], list[Loaded[StrategyFile]], list[str]]":
        bot = read_bot(Path(BOT), list(wishes.sets), text=texts[BOT])
        specs = [
            read_strategy(Path(name.removeprefix(STRATEGIES)), text=text)
            for name, text in texts.items()
            if name.startswith(STRATEGIES)
        ]
        bot, tapes = (_on_tapes(bot), own) if own else _as_it_was(bot, row, wishes)
        return *_treated(bot, specs, row, wishes), tapes

    bot, specs, tapes = settings(texts)
    _tell_of_fills(bot, row, wishes, tell)
    asked = Asked(
        bot,
        specs,
        wishes.journal or default_url(replay=True),
        "replay",
        tapes,
        dry=bool(row.dry),
        calendar=EventCalendar.parse(texts[CALENDAR], row.calendar.split()[0]),
        warm=Wanted(f"{RECORDED}{row.warm}" if row.warm else NONE, lies=folder(found.where.url), live=bool(own)),
        broker=texts.get(BROKER, ""),
        commands=_commands(found, own),
        renewals=found.renewals if own else (),
    )
    revisions = {}
    for nonce, one in found.revisions.items() if own else ():
        later = json.loads(one.config)
        bot, specs, _ = settings(later)
        revisions[nonce] = replace(asked, bot=bot, strategies=specs, moment=int(later.get(MOMENT, 0)))
    return replace(asked, revisions=revisions), found.where, row.run


def find(wanted: str, journal: str | None) -> Found:
    """The run that `wanted` names. Raises InputMissing; UsageError while it is still running."""
    from bot.journal import rows
    from bot.journal.first_rows import CALENDAR
    from bot.journal.reading import reading
    from bot.ports import Renewal

    where, run = _where(wanted, journal)
    with reading(where) as reader:
        (info,) = reader.choose(run)
        if reader.state(run) == "running":
            raise UsageError(f"run {run} is still going on: there is no end to compare with", do="paperpit stop")
        (row,) = reader.where(rows.Run, "run", run)
        end = reader.end(run)
        summary: Mapping[str, Any] = json.loads(end.summary) if end and end.summary else {"stopped_by": "cut off"}
        commands = reader.read(rows.Command, [info])
        instruments = sorted(reader.read(rows.Instrument, [info]), key=lambda one: one.position)
        looks = [row for row in reader.read(rows.Control, [info]) if row.key == CALENDAR]
        renewals = [(row.ts, Renewal(row.why, json.loads(row.value) or "")) for row in looks]
        before = _in_force(reader, info)
        revisions = _revisions(commands, reader.read(rows.ConfigRevision, [info]))
    stopped = summary.get("stopped_by") is not None or any(_ends(one) for one in commands)
    contracts = [one.contract or one.product for one in instruments]
    return Found(where, row, contracts, commands, renewals, before, revisions, stopped)


def _in_force(reader: "Reader", info: "RunInfo") -> "list[Command]":
    from bot.journal import rows

    earlier = [run for run in reader.runs if run.account == info.account and run.seq < info.seq]
    newest = {row.key: row for row in reader.read(rows.Control, earlier)}
    found = []
    for key, row in newest.items():
        if not json.loads(row.value):
            continue
        scope, nonce = paused(key), f"{info.run}-{key}"
        if scope is not None:
            found.append(Command("pause", nonce, 0, row.why, *scope))
        elif key == KILL:
            # Nothing is held at the start of a replay: all that it does is to set the kill switch.
            found.append(Command("flatten", nonce, 0, row.why))
    return found


def _where(wanted: str, journal: str | None) -> "tuple[Place, str]":
    """The journal and the id of the run that is meant; of the two that are ours, the one that has it."""
    from bot.config.places import journal_named
    from bot.journal.choice import NAMES, choose
    from bot.journal.place import place
    from bot.journal.reading import reading
    from bot.resources import data_folder

    where, named, _ = choose(journal)
    if named:
        return where, named
    own = [place(str(path)) for name in NAMES if (path := data_folder() / name).exists()]
    places = [where] if journal or journal_named() or wanted == "last" else own
    found: list[tuple[Place, RunInfo]] = []
    for one in places:
        with reading(one) as reader:
            found += [(one, run) for run in _meant(reader, wanted)]
    if not found and wanted == "yesterday":
        raise InputMissing("there is no run of a day before today", do="paperpit journal runs")
    if not found:
        with reading(where) as reader:
            reader.choose(wanted)  # says which runs there are
    # A live run before a replay: `yesterday` is about what happened, and last night's replay of it is not.
    chosen, run = max(found, key=lambda one: (wanted == "yesterday" and one[1].adapter != REPLAY, one[1].started_ns))
    return chosen, run.run


def _meant(reader: "Reader", wanted: str) -> "list[RunInfo]":
    if wanted == "last":
        return reader.choose(wanted)
    if wanted != "yesterday":
        return [run for run in reader.runs if run.run == wanted]
    from bot.cli.output import NEW_YORK
    from bot.clock import WallClock

    # The newest day before today, New York: after a weekend that is Friday.
    today = datetime.fromtimestamp(WallClock().now_ns() // 1_000_000_000, NEW_YORK).date()
    return [run for run in reader.runs if datetime.fromtimestamp(run.started_ns // 10**9, NEW_YORK).date() < today]


def differences(found_in: "Place", run: str, url: str, other: str) -> list[dict[str, Any]]:
    """What a run and its repetition did differently."""
    from bot.journal.diff import differences as compare
    from bot.journal.place import place
    from bot.journal.reading import reading

    with reading(found_in) as reader_a, reading(place(url)) as reader_b:
        return compare(reader_a, reader_a.choose(run)[0], reader_b, reader_b.choose(other)[0])


def _recorded_tapes(found: Found, given: Sequence[str], tell: Callable[[str], None]) -> list[str]:
    """The tapes that the run recorded, in the order of its instruments; empty where it replayed or made its market.

    They lie among the `given` files or in the tapes folder.

    Raises InputMissing when a live run's are gone.
    """
    from bot.tape import tapes_folder
    from bot.tape.keeping import finish_all, of_run

    if found.row.adapter == REPLAY:
        return []
    finish_all(tapes_folder(), tell)
    tapes = of_run(tapes_folder(), found.row.run)
    tapes |= {facts.contract: path for path, facts in _facts(given) if facts.run == found.row.run}
    if not tapes and found.row.adapter != SYNTHETIC:
        raise InputMissing(
            f"the ticks of run {found.row.run} are not there: it recorded none, or they have been deleted since",
            where=str(tapes_folder()),
            do="paperpit tape list shows what is there; [record] says what is kept",
        )
    order = {contract: index for index, contract in enumerate(found.contracts)}
    return [str(tapes[contract]) for contract in sorted(tapes, key=lambda one: order.get(one, len(order)))]


def _on_tapes(bot: "Loaded[BotFile]") -> "Loaded[BotFile]":
    """The same settings, but for where the market comes from."""
    return replace(bot, value=bot.value.model_copy(update={"adapter": REPLAY}))


def _commands(found: Found, tapes: Sequence[str]) -> "list[Command]":
    """What a person told the run, each after the rows that the desk had walked by then.

    What was in force when it began comes first; a run that was stopped or killed is stopped at the end of its tapes, so
    that what it held stays under its stops there too.
    """
    from bot.tape import open_tape

    if not tapes:
        return []
    first, last = [], []
    for name in tapes:
        with open_tape(Path(name)) as reader:
            first.append(reader.facts.from_ns)
            last.append(max(reader.facts.until_ns, reader.facts.last_ns))
    begin, end = min(first), max(last)
    told = [
        # What had the very stamp had been walked.
        Command(
            cast("Verb", one.verb),
            one.nonce,
            min(one.ts + 1, end),
            one.reason,
            one.strategy,
            one.instrument,
            bool(one.clear_kill),
        )
        for one in found.commands
        if not _ends(one) and not one.result.startswith(REFUSED) and _again(one, found)
    ]
    before = [replace(one, ts=begin) for one in found.before]
    stop = [Command("stop", f"{found.row.run}-stop", end)] if found.stopped else []
    return [*before, *told, *stop]


def _again(one: "rows.Command", found: Found) -> bool:
    """Whether a command is given again: a reload that changed nothing is not."""
    return one.verb != "reload" or one.nonce in found.revisions


def _revisions(
    commands: "Sequence[rows.Command]", revisions: "Sequence[rows.ConfigRevision]"
) -> "dict[str, rows.ConfigRevision]":
    """Nonce of a reload → what it brought: that was written right before the command itself.

    What a crash has parted from its command was the last thing that the run did.
    """
    reloads = [one for one in commands if one.verb == "reload"]
    found = {next((one.nonce for one in reloads if one.seq > new.seq), ""): new for new in revisions}
    return {nonce: new for nonce, new in found.items() if nonce}


def _as_it_was(bot: "Loaded[BotFile]", row: "rows.Run", wishes: Wishes) -> "tuple[Loaded[BotFile], list[str]]":
    """The settings and tapes of a run that replayed or made its market."""
    told = json.loads(row.tapes)
    lie = {facts.hash: str(path) for path, facts in _facts(wishes.tapes)}
    tapes = [{**tape, "name": lie.get(tape["hash"], tape["name"])} for tape in told if tape["hash"]]
    _same_tapes(tapes)
    if any(tape["last_ns"] is None for tape in told) and not any(".hours=" in one for one in wishes.sets):
        raise UsageError(
            f"run {row.run} had no end of its own: it went on until it was stopped",
            do=f"paperpit replay --run {row.run} --set adapters.{row.adapter}.hours=1",
        )
    return _made_again(bot, told), [str(tape["name"]) for tape in tapes]


def _treated(
    bot: "Loaded[BotFile]",
    specs: "Sequence[Loaded[StrategyFile]]",
    row: "rows.Run",
    wishes: Wishes,
) -> "tuple[Loaded[BotFile], list[Loaded[StrategyFile]]]":
    """How the tape's market treats our orders. Not through the settings' text, which must not differ."""
    fills, latency = _fills(row, wishes)
    own = {"fill_model": fills, "latency_ms": latency}
    update = {name: value for name, value in own.items() if value is not None}
    if latency is not None:
        specs = [without_latency(one) for one in specs]
    settings = bot.value.replay.model_copy(update=update)
    return replace(bot, value=bot.value.model_copy(update={"replay": settings})), list(specs)


def _fills(row: "rows.Run", wishes: Wishes) -> tuple[str | None, int | None]:
    """By which model orders fill, and after how many ms they are active; None: as the settings say."""
    fills, latency = wishes.fill_model, wishes.latency_ms
    if row.adapter in (REPLAY, SYNTHETIC):
        return fills, latency
    # Its stamps are those of arrival, here: the way to the exchange and back is in them.
    return fills or ("ib-paper" if row.adapter == IB else None), 0 if latency is None else latency


def _tell_of_fills(bot: "Loaded[BotFile]", row: "rows.Run", wishes: Wishes, tell: Callable[[str], None]) -> None:
    if row.adapter not in (REPLAY, SYNTHETIC):
        model, latency = bot.value.replay.fill_model, _fills(row, wishes)[1]
        tell(f"note: filled by the model {model!r}, latency {latency} ms")


def without_latency(spec: "Loaded[StrategyFile]") -> "Loaded[StrategyFile]":
    """A flag wins over what a strategy says of latency."""
    own = spec.value.replay.model_copy(update={"latency_ms": None})
    return replace(spec, value=spec.value.model_copy(update={"replay": own}))


def _made_again(bot: "Loaded[BotFile]", tapes: Sequence[Mapping[str, Any]]) -> "Loaded[BotFile]":
    """What a made market needs to be the same one; not through the settings' text, which must not differ."""
    own: dict[str, Any] = {}
    for tape in tapes:
        own |= tape.get("again", {})
    if not own:
        return bot
    tables = {**bot.value.adapters, bot.value.adapter: {**bot.value.adapters.get(bot.value.adapter, {}), **own}}
    return replace(bot, value=bot.value.model_copy(update={"adapters": tables}))


def _same_tapes(tapes: Sequence[Mapping[str, Any]]) -> None:
    from bot.tape import find_tape, open_tape

    for tape in tapes:
        with open_tape(find_tape(str(tape["name"]))) as reader:
            if reader.facts.hash != tape["hash"]:
                raise DataDamaged(
                    "is not the tape that the run replayed: its content hash differs",
                    where=str(tape["name"]),
                    do="put the old tape back, or replay this one without --run",
                )


def _facts(given: Sequence[str]) -> "list[tuple[Path, TapeFacts]]":
    """The tapes in these files, with what each says of itself."""
    from bot.tape import find_tape, open_tape

    found = []
    for path in map(find_tape, given):
        with open_tape(path) as reader:
            found.append((path, reader.facts))
    return found


def _ends(row: "rows.Command") -> bool:
    """Whether a command ended the run, and not a part of the desk."""
    return row.verb == "stop" and not row.strategy and not row.instrument
