"""The table of a bracket's life: nothing gets stuck, nothing that has ended wakes up, a position is never forgotten."""

import pytest

from bot.domain.order import BracketState as S
from bot.orders.table import ENDED, TABLE, Action, Event, follow

HOLDING = (S.PARTIAL, S.OPEN, S.EXITING, S.NAKED, S.FLATTENING)


def test_what_has_ended_stays_ended() -> None:
    assert [key for key in TABLE if key[0] in ENDED] == []


def test_every_state_can_be_reached_and_left() -> None:
    reached = {S.INTENDED} | {state for state, _ in TABLE.values()}
    assert reached == set(S) - {S.PENDING_UNKNOWN, S.UNVERIFIED, S.STUCK}
    assert {state for state, _ in TABLE} == reached - ENDED


@pytest.mark.parametrize("state", HOLDING)
def test_a_position_that_loses_its_stop_is_protected_or_is_on_its_way_out(state: S) -> None:
    step = follow(state, Event.STOP_LOST)
    if state is S.NAKED:
        assert step is None
        return
    assert step is not None
    assert step[0] in (S.NAKED, S.FLATTENING)
    assert step[1] is Action.PROTECT or step[0] is S.FLATTENING


@pytest.mark.parametrize("state", [S.PARTIAL, S.OPEN, S.EXITING, S.NAKED])
def test_every_position_can_be_flattened(state: S) -> None:
    step = follow(state, Event.FLATTEN)
    assert step is not None
    assert step[0] is S.FLATTENING


@pytest.mark.parametrize("state", HOLDING)
def test_a_last_exit_closes_unless_the_entry_can_still_fill(state: S) -> None:
    step = follow(state, Event.EXIT_REST)
    assert step is not None
    assert step[0] is (S.EXITING if state is S.PARTIAL else S.CLOSED)


def test_an_exit_of_a_half_filled_entry_ends_the_entry_first() -> None:
    assert follow(S.PARTIAL, Event.EXIT_PART) == (S.EXITING, Action.CANCEL_ENTRY)
