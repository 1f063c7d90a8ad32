"""A market maker through the whole desk: it quotes in a market, and not where the gate or the adapter says no."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.app import app
from bot.errors import ConfigError
from tests.evidence.maker import CALM, RUN, SITUATIONS, said, sessions
from tests.laws.markets import market
from tests.laws.test_cut import news
from tests.laws.test_quotes import FREE, maker
from tests.playing import Played, play
from tests.tapes import ns

CLOSES = ns("2026-05-27 10:00:30")
"""Minutes of the Federal Reserve at 10:05:30 close entries five minutes before."""
LATENCY = 250_000_000
FRESH = (90001, 90002)
"""The first of the markets that docs/market-maker.md reports: no setting was chosen on them."""


def played(folder: Path, seed: int, calendar: str) -> Played:
    spec = maker(folder)
    spec.write_text(spec.read_text().replace("[params]", 'on_blackout = "flatten"\n\n[params]'))
    return play(folder, market(seed), spec, calendar=calendar, sets=FREE)


def test_it_quotes_through_a_quiet_minute_and_is_gone_before_the_news(tmp_path: Path) -> None:
    """Given a tape of minutes, when news is due, then nothing is quoted nor held from there on; its twin goes on."""
    twin = played(tmp_path, 1, "none")
    assert any(order["created_ns"] > CLOSES for order in twin.orders if order["role"] == "quote")
    quiet = played(tmp_path, 1, news(tmp_path))
    assert any(order["role"] == "quote" for order in quiet.orders)
    late = [order for order in quiet.orders if order["role"] == "quote" and order["created_ns"] >= CLOSES]
    assert late == []
    assert all(fill["ts_ns"] <= CLOSES + 4 * LATENCY for fill in quiet.fills)
    assert "blackout" in quiet.rules


def test_a_guard_pulls_the_quotes_and_is_named_once(tmp_path: Path) -> None:
    """Given a halt in the market, then the quote is refused by that guard, and not again at every bar."""
    quiet = played(tmp_path, 1, "none")
    told = [(row["ts_ns"], row["side"]) for row in quiet.blocked if "G6" in {one["rule"] for one in row["reasons"]}]
    assert told
    assert len(told) == len(set(told))


def test_a_maker_is_refused_at_a_broker_before_anything_is_sent(tmp_path: Path) -> None:
    """When it is to run at Interactive Brokers, then exit 78 says why, and no journal is begun."""
    journal = tmp_path / "journal.db"
    words = ["run", "--adapter", "ib", "--strategy", "es-maker.toml", "--journal", f"sqlite:///{journal}"]
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, ConfigError)
    assert (done.exception.exit_code, "takes no quotes of a market maker" in done.exception.what) == (78, True)
    assert not journal.exists()


@pytest.mark.parametrize("size", ["contracts = 3", "risk_usd = 150"])
def test_a_quote_of_several_contracts_is_refused_by_check(tmp_path: Path, size: str) -> None:
    """Given a maker whose quotes are larger than one, when its file is checked, then it says why and what to do."""
    spec = maker(tmp_path)
    spec.write_text(spec.read_text().replace("contracts = 1", size).replace('"ES"', '"MES"'))
    done = CliRunner().invoke(app, ["check", str(spec)])
    assert done.exit_code == 1
    said = " ".join(done.output.split())
    assert "a maker's quote is one contract" in said
    assert "most = 3 lets it hold several" in said


def test_he_earns_the_spread_in_a_calm_market_and_loses_it_to_those_who_know(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Given two markets as they come, and the same with forty minutes in which somebody knows where price goes.

    When the shipped maker quotes in them, then flow leaves him a part of the spread where nobody knows more; where
    somebody does he loses, in each market less with the guards. Many more markets: docs/market-maker.md.
    """
    situations = [one for one in SITUATIONS if one.product == "ES" and one.name in (CALM, RUN)]
    found = [sessions(situations, seed) for seed in FRESH]
    assert [(one.name, one.guards) for one in situations] == [(CALM, True), (RUN, True), (RUN, False)]
    sys.stdout.write("\n".join(said(situations, FRESH, found)))  # the split, with -s
    calm, guarded, bare = zip(*found, strict=True)
    assert all(made.spread > 0 for made in (*calm, *guarded, *bare))
    assert sum(made.spread + made.adverse for made in calm) > 0
    assert all(made.total < 0 for made in bare)
    assert all(with_guards.total > without.total for with_guards, without in zip(guarded, bare, strict=True))
    for made in (*calm, *guarded, *bare):
        assert made.spread + made.adverse + made.inventory == pytest.approx(made.total)
