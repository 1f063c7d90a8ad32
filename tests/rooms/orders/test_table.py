"""The table of a bracket's life: nothing gets stuck, no event wakes what has ended, no position is forgotten."""

import pytest

from bot.domain.order import BracketState as S
from bot.orders.table import BEFORE_A_FILL, ENDED, TABLE, Action, Event, follow

HOLDING = (S.PARTIAL, S.OPEN, S.EXITING, S.NAKED, S.FLATTENING, S.STUCK)
WIRE = set(Event) - {Event.SENT, Event.VOIDED, Event.FLATTEN, Event.ACKED, Event.COVERED}
"""What a broker can cause at any time, in whatever order its messages come."""


def test_no_event_wakes_what_has_ended() -> None:
    assert [key for key in TABLE if key[0] in ENDED] == []


def test_every_state_can_be_reached_and_left() -> None:
    reached = {S.INTENDED} | {state for state, _ in TABLE.values()}
    assert reached == set(S)
    assert {state for state, _ in TABLE} == reached - ENDED
    assert all(
        any(to is not state for (of, _), (to, _) in TABLE.items() if of is state)
        for state in reached - ENDED - {S.UNVERIFIED}
    )


@pytest.mark.parametrize("state", sorted(set(S) - ENDED - {S.INTENDED}))
def test_nothing_that_the_wire_brings_is_unexpected_while_a_bracket_lives(state: S) -> None:
    exits = {Event.EXIT_PART, Event.EXIT_REST, Event.EXIT_REFUSED}
    before = {S.SENT, S.WORKING}  # an exit fill there is more out than in: overfilled
    late = set() if state in BEFORE_A_FILL else {Event.TARGET_REFUSED}
    for event in WIRE - late - (exits if state in before else set()):
        assert follow(state, event) is not None, (state, event)


@pytest.mark.parametrize("event", sorted(Event))
def test_without_a_link_nothing_is_concluded(event: Event) -> None:
    assert follow(S.UNVERIFIED, event) == (S.UNVERIFIED, Action.NOTHING)


@pytest.mark.parametrize("state", sorted(set(S) - ENDED - {S.UNVERIFIED}))
def test_a_lost_link_makes_everything_uncertain(state: S) -> None:
    assert follow(state, Event.LINK_LOST) == (S.UNVERIFIED, Action.NOTHING)


@pytest.mark.parametrize("state", HOLDING)
def test_a_position_that_loses_its_stop_is_protected_or_is_on_its_way_out(state: S) -> None:
    step = follow(state, Event.STOP_LOST)
    assert step is not None
    assert step[0] in (S.NAKED, S.FLATTENING, S.STUCK)
    assert step[1] in (Action.PROTECT, Action.LEAVE) or step[0] in (S.FLATTENING, S.STUCK)


@pytest.mark.parametrize("state", [S.PARTIAL, S.OPEN, S.EXITING, S.NAKED, S.STUCK])
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
