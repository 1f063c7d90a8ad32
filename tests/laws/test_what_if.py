"""Law: what would have come of a bracket, asked of the tape alone, is what did come of one that was sent."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.replay.what_if import TOGETHER
from bot.config import read_strategy
from bot.domain.what_if import NOT_FILLED, Wish
from tests.laws.markets import DRILL, MANAGED, managed, market
from tests.playing import allowing, play, strategy
from tests.what_if import approved, claimed, made, told

ALIKE = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ALIKE
@given(
    seed=st.integers(0, 10_000),
    model=st.sampled_from(("queue", "touch", "through", "ib-paper")),
    contracts=st.integers(1, 4),
    latency_ms=st.sampled_from((0, 40, 250)),
    cancel_ms=st.sampled_from((0, 300)),
    batch=st.integers(1, 400),
)
def test_what_would_have_been_is_what_was(
    tmp_path: Path, seed: int, model: str, contracts: int, latency_ms: int, cancel_ms: int, batch: int
) -> None:
    spec = strategy(tmp_path, DRILL.replace("contracts = 1", f"contracts = {contracts}"))
    sets = [
        *(f'replay.fill_model="{model}"', f"replay.latency_ms={latency_ms}"),
        f"replay.cancel_latency_ms={cancel_ms}",
    ]
    played = play(tmp_path, market(seed), spec, sets=sets, config=allowing(tmp_path, 4))
    wishes = approved(played)
    found = made(
        tmp_path / "0-ES.parquet", wishes, model=model, latency_ms=latency_ms, cancel_ms=cancel_ms, batch=batch
    )
    assert claimed(found) == told(played, found)
    assert len(found) == len(wishes)


@ALIKE
@given(
    seed=st.integers(0, 10_000),
    contracts=st.integers(1, 3),
    latency_ms=st.sampled_from((0, 40, 250)),
    batch=st.integers(1, 400),
)
def test_stops_that_move_would_have_moved_alike(
    tmp_path: Path, seed: int, contracts: int, latency_ms: int, batch: int
) -> None:
    spec = strategy(tmp_path, MANAGED.replace("contracts = 1", f"contracts = {contracts}"))
    sets = (f"replay.latency_ms={latency_ms}", f"replay.cancel_latency_ms={latency_ms}")
    played = play(tmp_path, market(seed), spec, sets=sets, config=allowing(tmp_path, 3))
    manage = read_strategy(str(spec), instruments=tmp_path).value.manage
    found = made(
        tmp_path / "0-ES.parquet",
        approved(played),
        latency_ms=latency_ms,
        cancel_ms=latency_ms,
        batch=batch,
        manages={"drill-law": manage},
    )
    assert claimed(found) == told(played, found)


def test_such_markets_end_in_every_way(tmp_path: Path) -> None:
    ends: set[str] = set()
    for seed in range(3):
        played = play(tmp_path, market(seed), strategy(tmp_path, DRILL))
        ends |= {one.end for one in made(tmp_path / "0-ES.parquet", approved(played)).values()}
        spec = managed(tmp_path)
        manages = {"drill-law": read_strategy(str(spec)).value.manage}
        played = play(tmp_path, market(seed), spec)
        ends |= {one.end for one in made(tmp_path / "0-ES.parquet", approved(played), manages=manages).values()}
    assert ends >= {"target", "stop", "time", "breakeven", "trail", NOT_FILLED}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Wish]]:
    """A tape and more proposals than one broker is given, many at one moment."""
    folder = tmp_path_factory.mktemp("crowd")
    played = play(folder, market(1, 600), strategy(folder, DRILL))
    some = approved(played)
    wishes = [
        replace(one, id=f"{one.id}+{number}", known_ns=one.known_ns + 400_000_000 * number)
        for one in some
        for number in range(3 * TOGETHER // len(some) + 1)
    ]
    return folder / "0-ES.parquet", wishes


@ALIKE
@given(data=st.data(), batch=st.integers(1, 900))
def test_each_is_alone_whoever_else_is_asked_for(
    crowd: tuple[Path, list[Wish]], data: st.DataObject, batch: int
) -> None:
    tape, wishes = crowd
    whole = made(tape, wishes)
    some = data.draw(st.lists(st.sampled_from(wishes), min_size=1, max_size=5, unique_by=lambda one: one.id))
    assert made(tape, some, batch=batch) == {
        one.id: whole[one.id] for one in sorted(some, key=lambda one: one.known_ns)
    }


def test_what_comes_later_changes_nothing_that_has_ended(crowd: tuple[Path, list[Wish]], tmp_path: Path) -> None:
    tape, wishes = crowd
    whole = made(tape, wishes)
    shorter = market(1, 300).write(tmp_path / "shorter.parquet", contract="ES")
    for key, one in made(shorter, wishes).items():
        if one.exit_ns and one.end != "tape-end":
            assert replace(whole[key], from_mid=(), from_fill=()) == replace(one, from_mid=(), from_fill=())
