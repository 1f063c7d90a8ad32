"""Who gets how much of an account's market data, and what `paperpit check` says about it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ib.params import Params
from adapters.ib.plan import STREAMS, examine, plan
from bot.cli.judge import Judge

FLOW, BARS = ("absorption",), ()
ES_NQ = {"ES": FLOW, "NQ": FLOW}


def test_the_usual_account_has_order_flow_of_one_instrument() -> None:
    found = plan(ES_NQ, tick_by_tick=3, lines=100)
    assert [(line.product, line.how) for line in found.lines] == [("ES", "tick-by-tick"), ("NQ", "sampled")]
    assert found.short == (
        "tick-by-tick data for ES and NQ needs 4, the account has 3: NQ would be sampled, absorption refuses it"
    )


def test_who_reads_order_flow_goes_first() -> None:
    found = plan({"ES": BARS, "NQ": FLOW, "CL": BARS}, tick_by_tick=3, lines=100)
    assert [line.how for line in found.lines] == ["sampled", "tick-by-tick", "sampled"]
    assert not any(line.idle for line in found.lines)


def test_a_booster_pack_is_enough_for_both() -> None:
    assert plan(ES_NQ, tick_by_tick=4, lines=100).short == ""


def test_without_a_line_there_is_nothing() -> None:
    found = plan(ES_NQ, tick_by_tick=4, lines=1)
    assert found.how("NQ") == "refused"
    assert "NQ would get nothing" in found.short


def test_check_refuses_what_would_hear_nothing_and_warns_of_what_would_hear_less() -> None:
    params = Params()
    (refused,) = examine(params, {"ES": FLOW, "NQ": ("absorption", "sweep")})
    assert (refused.key, refused.level, refused.allowed) == ("tick_by_tick", "error", "at least 4")
    assert refused.message.endswith("NQ would be sampled, absorption and sweep refuse it")
    (warned,) = examine(params, {"ES": FLOW, "NQ": BARS})
    assert warned.level == "warning"
    assert examine(params, {"ES": FLOW}) == []


@pytest.mark.parametrize(("strategies", "wanted"), [(["es-open-absorption.toml"], 0), (["drill-es.toml"], 0)])
def test_the_shipped_configuration_is_within_the_usual_account(
    strategies: list[str], wanted: int, tmp_path: Path
) -> None:
    path = tmp_path / "bot.toml"
    path.write_text(f'adapter = "ib"\nstrategies = {strategies}\n'.replace("'", '"'))
    judge = Judge(path, (), 1_790_000_000_000_000_000)
    judge.everything()
    assert [fault for fault in judge.faults if fault.level == "error"] == [], judge.faults
    assert len([fault for fault in judge.faults if fault.key.startswith("adapters.ib")]) == wanted


def test_check_counts_the_lines_of_a_configuration(tmp_path: Path) -> None:
    # given the shipped strategy twice, on two products
    shipped = Path("config/strategies/es-open-absorption.toml").read_text()
    (tmp_path / "es.toml").write_text(shipped)
    second = re.sub(r'^(instrument\s*=\s*)"ES"', r'\1"NQ"', shipped, flags=re.M).replace(
        "es-open-absorption", "nq-open"
    )
    assert "NQ" in second
    (tmp_path / "nq.toml").write_text(second)
    path = tmp_path / "bot.toml"
    path.write_text('adapter = "ib"\nstrategies = ["es.toml", "nq.toml"]\n[adapters.ib]\ntick_by_tick = 3\n')
    # when
    judge = Judge(path, (), 1_790_000_000_000_000_000)
    judge.everything()
    # then
    (told,) = [fault for fault in judge.faults if fault.key == "adapters.ib.tick_by_tick"]
    assert (told.line, told.level) == (4, "error")
    assert "needs 4, the account has 3: NQ would be sampled, absorption_rejection refuses it" in told.message


kinds = st.sampled_from([(), ("absorption",), ("sweep", "absorption")])


@given(st.dictionaries(st.sampled_from(["ES", "NQ", "CL", "GC", "SPY"]), kinds), st.integers(0, 9), st.integers(0, 6))
def test_no_more_is_given_out_than_there_is(wanted: dict[str, tuple[str, ...]], has: int, lines: int) -> None:
    found = plan(wanted, tick_by_tick=has, lines=lines)
    full = [line for line in found.lines if line.how == "tick-by-tick"]
    assert STREAMS * len(full) <= has
    assert len([line for line in found.lines if line.how != "refused"]) <= lines
    assert [line.product for line in found.lines] == list(wanted)
    # nobody with order flow goes without for the sake of one who needs none
    if any(line.idle and line.how == "sampled" for line in found.lines):
        assert all(line.flow for line in full)
