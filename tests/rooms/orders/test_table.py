"""The table of a bracket's life: every pair is written, nothing gets stuck, no position is forgotten."""

import pytest

from bot.domain.order import BracketState as S
from bot.orders import table
from bot.orders.table import BEFORE_A_FILL, ENDED, MEANING, TABLE, UNEXPECTED, Action, Event, follow
from tests.rooms.orders.manual import MANUAL, manual

HOLDING = (S.PARTIAL, S.OPEN, S.EXITING, S.NAKED, S.FLATTENING, S.STUCK)
WIRE = set(Event) - {Event.SENT, Event.VOIDED, Event.FLATTEN, Event.ACKED, Event.COVERED}
"""What a broker can cause at any time, in whatever order its messages come."""


@pytest.mark.parametrize("state", sorted(S))
def test_every_pair_of_a_state_and_an_event_is_written(state: S) -> None:
    for event in Event:
        to, action = follow(state, event)
        assert isinstance(to, S)
        assert isinstance(action, Action)


def test_every_pair_is_written_once() -> None:
    parts = (
        *(table._SENT, table._HOLDING, table._IN_DANGER, table._WHEREVER),
        *(table._UNVERIFIED, table._ENDED, UNEXPECTED),
    )
    assert sum(map(len, parts)) == len(TABLE) == len(S) * len(Event)


def test_every_word_has_its_meaning_and_the_manual_shows_the_table_as_it_is() -> None:
    assert set(MEANING) == {*S, *Event, *Action}
    text = MANUAL.read_text(encoding="utf-8")
    assert text == manual(text), "python -m tests.rooms.orders.manual writes the tables anew"
    assert text.count("<!-- table: ") == 4


def test_what_is_unexpected_changes_nothing_and_asks_the_broker() -> None:
    assert all(to is state and action is Action.ASK for (state, _), (to, action) in UNEXPECTED.items())
    assert all(action is not Action.ASK for pair, (_, action) in TABLE.items() if pair not in UNEXPECTED)


def test_only_the_facts_wake_what_has_ended() -> None:
    awake = {action for (state, _), (to, action) in TABLE.items() if state in ENDED and to is not state}
    assert awake == set()
    fills = {Event.ENTRY_PART, Event.ENTRY_REST, Event.EXIT_PART, Event.EXIT_REST, Event.OVERFILLED, Event.CORRECTED}
    assert all(follow(state, event)[1] is Action.SETTLE for state in ENDED for event in fills)


def test_every_state_can_be_reached_and_left() -> None:
    reached = {S.INTENDED} | {state for state, _ in TABLE.values()}
    assert reached == set(S)
    assert all(
        any(to is not state for (of, _), (to, _) in TABLE.items() if of is state)
        for state in reached - ENDED - {S.UNVERIFIED}
    )


@pytest.mark.parametrize("state", sorted(set(S) - ENDED - {S.INTENDED}))
def test_nothing_that_the_wire_brings_is_unexpected_while_a_bracket_lives(state: S) -> None:
    exits = {Event.EXIT_PART, Event.EXIT_REST, Event.EXIT_REFUSED}
    before = {S.SENT, S.WORKING}  # an exit fill there is more out than in: overfilled
    for event in WIRE - (exits if state in before else set()):
        assert (state, event) not in UNEXPECTED, (state, event)


@pytest.mark.parametrize("event", sorted(set(Event) - {Event.ANSWERED}))
def test_without_a_link_nothing_is_concluded(event: Event) -> None:
    assert follow(S.UNVERIFIED, event) == (S.UNVERIFIED, Action.NOTHING)


@pytest.mark.parametrize("state", sorted(S))
def test_after_the_brokers_answer_the_facts_decide(state: S) -> None:
    assert follow(state, Event.ANSWERED) == (state, Action.SETTLE)


@pytest.mark.parametrize("state", sorted(set(S) - ENDED - {S.UNVERIFIED}))
def test_a_lost_link_makes_everything_uncertain(state: S) -> None:
    assert follow(state, Event.LINK_LOST) == (S.UNVERIFIED, Action.NOTHING)


@pytest.mark.parametrize("state", HOLDING)
def test_a_position_that_loses_its_stop_is_protected_or_is_on_its_way_out(state: S) -> None:
    to, action = follow(state, Event.STOP_LOST)
    assert to in (S.NAKED, S.FLATTENING, S.STUCK)
    assert action in (Action.PROTECT, Action.LEAVE) or to in (S.FLATTENING, S.STUCK)


@pytest.mark.parametrize("state", [S.PARTIAL, S.OPEN, S.EXITING, S.NAKED, S.STUCK])
def test_every_position_can_be_flattened(state: S) -> None:
    assert follow(state, Event.FLATTEN)[0] is S.FLATTENING


@pytest.mark.parametrize("state", HOLDING)
def test_a_last_exit_closes_unless_the_entry_can_still_fill(state: S) -> None:
    assert follow(state, Event.EXIT_REST)[0] is (S.EXITING if state is S.PARTIAL else S.CLOSED)


@pytest.mark.parametrize("state", [S.PARTIAL, S.OPEN, S.NAKED])
def test_an_exit_of_a_half_filled_entry_ends_the_entry_first(state: S) -> None:
    assert follow(state, Event.EXIT_PART)[1] is Action.CANCEL_ENTRY


@pytest.mark.parametrize("state", BEFORE_A_FILL)
def test_an_entry_without_its_stop_or_target_is_not_what_was_approved(state: S) -> None:
    assert follow(state, Event.STOP_LOST)[1] is Action.CANCEL_ENTRY
    assert follow(state, Event.TARGET_REFUSED)[1] is Action.CANCEL_ENTRY
