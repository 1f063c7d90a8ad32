"""A market maker whose inventory is hedged: both legs, one leg alone, a person who leaves.

The markets are told by hand: a touch that is said again four times a second, and now and then a print far beyond it,
which fills the maker's quote there and is gone again. MES moves with ES, SPY is a tenth of it.
"""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from bot.cli.app import app
from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Run
from bot.domain.command import Command
from bot.errors import ConfigError
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.hedged import allowing, hedged
from tests.laws.test_quotes import FREE, MAKER, naked
from tests.playing import EAGER, Played, play, strategy, traded
from tests.tapes import Tape, ns

DAY = "2026-05-27"
LATENCY = 250_000_000
TOO_LITTLE = 200_000
"""USD: ten MES at 4200 are worth more."""
Told = tuple[str, str, str]
"""(time, "down" or "up", price): a print far from the touch, and who caused it."""


def calm(product: str, start: str, end: str, *jolts: Told, bid: str = "4200.00", tick: str = "0.25") -> Tape:
    """The same touch from `start` to `end`, with prints at both sides of it, and jolts."""
    tape = Tape(product, tick, f"{DAY} {start}")
    ask, waiting, turn = f"{float(bid) + float(tick):.2f}", list(jolts), 0
    while tape.now < ns(f"{DAY} {end}"):
        tape.quote(bid, ask)
        if waiting and tape.now >= ns(f"{DAY} {waiting[0][0]}"):
            _, way, price = waiting.pop(0)
            (tape.sold if way == "down" else tape.bought)(1, price)
        elif turn % 2:
            tape.sold(1, bid)
        else:
            tape.bought(1, ask)
        turn += 1
        tape.now += LATENCY
    return tape


def moments(played: Played) -> list[tuple[int, float, str]]:
    """What stood alone, and why: a row of it whenever it changed."""
    with reading(place(played.url)) as reader:
        assert check(reader) == []
        told = reader.read(rows.Control, reader.choose(played.outcome.run))
        return [
            (one.ts, float(msgspec.json.decode(one.value)), one.why) for one in told if one.key.startswith("hedge.")
        ]


def filled(played: Played) -> list[tuple[str, str, int]]:
    """Product, side and quantity of each execution."""
    return [(fill["instrument"], fill["side"], fill["quantity"]) for fill in played.fills]


ES_BOUGHT, ES_SOLD = ("10:00:10", "down", "4199.00"), ("10:00:20", "up", "4201.50")


def test_what_the_maker_buys_is_sold_in_the_other_market_and_comes_back_with_it(tmp_path: Path) -> None:
    """Given a bid that fills and an ask that fills, then ten MES go out a latency later, and come in again."""
    es, mes = calm("ES", "10:00", "10:00:30", ES_BOUGHT, ES_SOLD), calm("MES", "10:00", "10:00:30")
    played = play(tmp_path, (es, mes), hedged(tmp_path), sets=FREE, config=allowing(tmp_path))
    assert filled(played) == [("ES", "buy", 1), ("MES", "sell", 10), ("ES", "sell", 1), ("MES", "buy", 10)]
    bought, _, sold, _ = (fill["ts_ns"] for fill in played.fills)
    told = moments(played)
    assert [(ts, units) for ts, units, _ in told] == [
        (bought, 1.0),
        (bought + LATENCY, 0.0),
        (sold, -1.0),
        (sold + LATENCY, 0.0),
    ]
    assert told[0][2] == "+1 ES against +0 MES, -10 wanted"
    assert told[1][2] == "hedged after 0.250 s"
    assert [(trip["instrument"], trip["side"], trip["exit_reason"]) for trip in played.round_trips] == [
        ("ES", "long", "target"),
        ("MES", "short", "hedge"),
    ]
    assert naked(played) == []


def halted(folder: Path) -> Played:
    """The hedge stands, MES is halted for twenty seconds, and the inventory goes within them."""
    es = calm("ES", "10:00", "10:00:50", ES_BOUGHT, ES_SOLD)
    before, after = calm("MES", "10:00", "10:00:15"), calm("MES", "10:00:35", "10:00:50")
    mes = before.halt().at("10:00:34").resume().then(after.rows())
    return play(folder, (es, mes), hedged(folder), sets=FREE, config=allowing(folder))


def test_a_leg_that_cannot_be_left_is_told_for_as_long_as_it_stands_alone(tmp_path: Path) -> None:
    """Given a halt of the hedge's market, when the inventory goes, then one ES short stands alone until it ends."""
    played = halted(tmp_path)
    *_, (begins, alone, _), (ends, none, hedged_after) = [one for one in moments(played) if one[1] in (-1.0, 0.0)]
    assert (alone, none) == (-1.0, 0.0)
    assert begins == played.fills[2]["ts_ns"]
    assert ends - begins > 13 * 10**9
    assert hedged_after.startswith("hedged after 13.") or hedged_after.startswith("hedged after 14.")
    assert filled(played)[3] == ("MES", "buy", 10)


def test_meanwhile_nothing_is_quoted_that_would_make_it_more(tmp_path: Path) -> None:
    """Then the gate says why, and no quote of ES is sent until both legs are gone."""
    played = halted(tmp_path)
    reasons = [reason for row in played.blocked for reason in row["reasons"] if reason["rule"] == "leg_risk"]
    assert any(reason["message"].startswith("could not be hedged now: ") for reason in reasons)
    begins, ends = played.fills[2]["ts_ns"], played.fills[3]["ts_ns"]
    quotes = [order for order in played.orders if order["role"] == "quote"]
    assert [order for order in quotes if begins < order["created_ns"] < ends] == []


def test_the_evening_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the journal is asked, then both legs have their parts, and what stood alone its time and its worth."""
    played = halted(tmp_path)
    monkeypatch.setenv("PAPERPIT_CONFIG", str(tmp_path / "bot.toml"))
    told = CliRunner().invoke(app, ["journal", "maker", "--journal", played.url, "--json"])
    inventory, hedge = json.loads(told.stdout)
    assert (inventory["instrument"], inventory["hedge"], hedge["instrument"], hedge["hedge"]) == (
        "ES",
        False,
        "MES",
        True,
    )
    assert (inventory["quoted"], hedge["quoted"], hedge["hedged"]) == (2, 0, None)
    alone = inventory["hedged"]
    assert (alone["legs"], alone["most"], alone["open"], alone["money"]) == (2, 1, 0, "0.00")
    assert 13 < alone["seconds"] < 16
    assert hedge["crossed_ticks"] == hedge["spread_ticks"] < 0
    shown = CliRunner().invoke(app, ["journal", "maker", "--journal", played.url], env={"COLUMNS": "200"})
    assert "maker-law in MES, its hedge" in shown.stdout
    assert "legs alone" in shown.stdout


def test_where_nothing_could_be_hedged_nothing_is_quoted(tmp_path: Path) -> None:
    """Given a hedge's market that opens later, then the maker begins with it."""
    es, mes = calm("ES", "10:00", "10:00:30"), calm("MES", "10:00:20", "10:00:30")
    played = play(tmp_path, (es, mes), hedged(tmp_path), sets=FREE, config=allowing(tmp_path))
    sent = [order["created_ns"] for order in played.orders]
    assert min(sent) >= ns(f"{DAY} 10:00:20")
    assert "leg_risk" in played.rules


def test_a_hedge_that_the_gate_refuses_leaves_the_maker_on_its_own_and_it_takes_on_no_more(tmp_path: Path) -> None:
    """Given a limit that has no room for ten MES, then the leg is told with the gate's own words."""
    es, mes = calm("ES", "10:00", "10:00:30", ES_BOUGHT), calm("MES", "10:00", "10:00:30")
    played = play(tmp_path, (es, mes), hedged(tmp_path), sets=FREE, config=allowing(tmp_path, worth=TOO_LITTLE))
    assert filled(played)[0] == ("ES", "buy", 1)
    assert all(product == "ES" for product, _, _ in filled(played))
    assert any("10 MES is worth 209950.00 USD, limit 200000" in why for _, units, why in moments(played) if units)
    reasons = [reason for row in played.blocked for reason in row["reasons"] if reason["rule"] == "leg_risk"]
    assert {reason["message"].partition(" for ")[0] for reason in reasons} == {"+1 ES have not been hedged"}
    longer = played.fills[0]["ts_ns"] + 6 * 10**9
    late = [order for order in played.orders if order["role"] == "quote" and order["created_ns"] > longer]
    assert all(order["side"] == "sell" for order in late)


def asked(folder: Path, tapes: tuple[Tape, Tape], *commands: Command, worth: int = 10_000_000) -> Asked:
    """A replay in which a person says something."""
    bot = read_bot(allowing(folder, worth=worth), [*EAGER, *FREE, "replay.batch=1"])
    bot = replace(bot, value=bot.value.model_copy(update={"calendar": "none"}))
    files = [str(tape.write(folder / f"{tape.instrument}.parquet")) for tape in tapes]
    spec = read_strategy(hedged(folder), instruments=folder)
    return Asked(bot, [spec], f"sqlite:///{folder / 'journal.db'}", "replay", files, commands=commands)


def test_who_leaves_leaves_both(tmp_path: Path) -> None:
    """When a person flattens, be it only the inventory's instrument, then both legs go, and nothing comes back."""
    for number, product in enumerate(("", "ES")):
        folder = tmp_path / str(number)
        folder.mkdir()
        tapes = calm("ES", "10:00", "10:00:30", ES_BOUGHT), calm("MES", "10:00", "10:00:30")
        leave = Command("flatten", f"n-{number}", ns(f"{DAY} 10:00:15"), instrument=product)
        wanted = asked(folder, tapes, leave)
        played = Played(traded(wanted), wanted.journal)
        assert filled(played)[:2] == [("ES", "buy", 1), ("MES", "sell", 10)]
        assert sorted(filled(played)[2:]) == [("ES", "sell", 1), ("MES", "buy", 10)]
        assert all(fill["ts_ns"] < ns(f"{DAY} 10:00:16") for fill in played.fills)
        assert moments(played)[-1][1] == 0


def test_a_reload_does_not_change_a_hedge(tmp_path: Path) -> None:
    """When the settings of a hedge change while a leg is held, then they are refused by name."""
    tapes = calm("ES", "10:00", "10:00:30", ES_BOUGHT), calm("MES", "10:00", "10:00:30")
    wanted = asked(tmp_path, tapes, Command("reload", "n-1", ns(f"{DAY} 10:00:15")))
    other = replace(wanted, strategies=[read_strategy(hedged(tmp_path, patience="9s"), instruments=tmp_path)])
    with pytest.raises(ConfigError, match=r"cannot change while a run lasts: \[hedge\] of maker-law"):
        traded(replace(wanted, revisions={"n-1": other}))


def test_status_shows_what_stands_alone(tmp_path: Path) -> None:
    """While the leg stands alone, `status` names both legs, how much of it, for how long and what a tick costs."""
    tapes = calm("ES", "10:00", "10:00:30", ES_BOUGHT), calm("MES", "10:00", "10:00:30")
    seen: list[dict[str, Any]] = []

    async def trade() -> None:
        async with Run(asked(tmp_path, tapes, worth=TOO_LITTLE)) as run:

            def look(_: int) -> None:
                assert run.desk is not None
                seen.append(run.desk.status())

            await run.trade(look)

    asyncio.run(trade())
    (one,) = [status for status in seen if status["hedges"][0]["unhedged"]][-1]["hedges"]
    assert (one["position"], one["instrument"], one["hedge"], one["by"]) == (1, "ES", 0, "MES")
    assert (one["unhedged"], one["tick_money"]) == (1, "12.50")
    assert one["seconds"] > 15
    assert "limit 200000" in one["why"]
    room = [row for row in seen[-1]["room"] if row["rule"] == "leg_risk"]
    assert [(row["of"], row["limit"]) for row in room] == [("maker-law", 5.0)]


def test_shares_are_hedged_by_the_future_in_whole_contracts(tmp_path: Path) -> None:
    """Given five shares for one ES (the market's 500 would take as many fills), then three are left alone and the
    fourth brings a future."""
    jolts = tuple((f"10:00:{second}", "down", "419.70") for second in (10, 15, 20, 25))
    spy = calm("SPY", "10:00", "10:00:40", *jolts, bid="420.00", tick="0.01")
    es = calm("ES", "10:00", "10:00:40")
    text = MAKER.format(instrument="SPY", model="literature", most=4)
    text = text.replace("stop_ticks = 5", "stop_ticks = 100")
    spec = strategy(tmp_path, f'{text}\n[hedge]\ninstrument = "ES"\nratio = "0.2"\nstop_ticks = 40\n', "spy.toml")
    config = allowing(tmp_path, "SPY", 1, 4)
    played = play(tmp_path, (spy, es), spec, sets=FREE, config=config)
    assert [one for one in filled(played) if one[1] == "buy"][:4] == [("SPY", "buy", 1)] * 4
    (sold,) = [fill for fill in played.fills if (fill["instrument"], fill["side"]) == ("ES", "sell")]
    assert sold["quantity"] == 1
    fourth = [fill["ts_ns"] for fill in played.fills if fill["instrument"] == "SPY"][3]
    assert sold["ts_ns"] == fourth + LATENCY


def test_without_a_tape_of_the_hedge_nothing_begins(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no data of MES, which hedges maker-law: the market has ES"):
        play(tmp_path, calm("ES", "10:00", "10:00:05"), hedged(tmp_path), config=allowing(tmp_path))
