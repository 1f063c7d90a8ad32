"""Given what we believe and what the broker answers, every difference is named once, none is made up."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.order import ENDED, BrokerState, FillReport, OrderFact, OrderState
from bot.orders.reconcile import Belief, Believed, Plan, reconcile

NOW = 10**10
STATES = list(OrderState)


def broker(*orders: OrderFact, fills: tuple[FillReport, ...] = (), position: int = 0) -> BrokerState:
    return BrokerState("DU1", orders, fills, ((0, position),) if position else ())


def works(name: str, *, side: int = -1, broker_id: str = "", quantity: int = 0) -> OrderFact:
    return OrderFact(name, OrderState.WORKING, 0, broker_id, 0, side, quantity)


def stop(**changes: object) -> Believed:
    return replace(Believed(0, -1, OrderState.WORKING), **changes)  # type: ignore[arg-type]


def filled(exec_id: str, name: str = "entry", units: int = 1, corrects: str = "") -> FillReport:
    return FillReport(name, exec_id, 0, 1 if units > 0 else -1, abs(units), 16802, corrects=corrects)


def subjects(plan: Plan) -> list[tuple[str, str]]:
    return [(one.what, one.subject) for one in plan.differences]


def test_what_agrees_makes_no_plan() -> None:
    assert reconcile(Belief(), broker(), NOW) == Plan()
    belief = Belief({"stop": stop()}, {"e1": 1}, {0: 1}, {0: 1})
    assert reconcile(belief, broker(works("stop"), fills=(filled("e1"),), position=1), NOW) == Plan()


def test_a_fill_that_came_while_we_were_away_explains_the_position_that_it_made() -> None:
    plan = reconcile(Belief({"entry": stop(side=1)}), broker(fills=(filled("e1"),), position=1), NOW)
    assert [one.exec_id for one in plan.fills] == ["e1"]
    assert subjects(plan) == [("fill", "e1"), ("order", "entry")]
    assert plan.positions == ()


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    belief = Belief({"entry": stop(side=1, state=OrderState.FILLED)}, {"e1": 2}, {0: 2}, {0: 2})
    answer = broker(fills=(filled("e1", units=2), filled("e1.02", corrects="e1")), position=1)
    assert reconcile(belief, answer, NOW).positions == ()


def test_an_execution_that_no_order_of_ours_explains_is_named_and_not_taken() -> None:
    plan = reconcile(Belief(products=("ES",)), broker(fills=(filled("e1", "who"),), position=1), NOW)
    assert plan.fills == ()
    assert subjects(plan) == [("fill", "e1"), ("position", "ES")]
    assert str(plan.differences[1]) == "position ES: the journal says +0, the broker says +1"


def test_silence_about_an_order_is_an_absence_and_no_verdict() -> None:
    plan = reconcile(Belief({"ours": stop()}), broker(), NOW)
    assert (plan.absent, plan.words) == (("ours",), ())
    assert reconcile(Belief({"ours": stop(since_ns=NOW)}), broker(), NOW).absent == ()


def test_a_word_that_an_order_is_over_is_no_silence() -> None:
    over = OrderFact("stop", OrderState.CANCELLED, 0)
    plan = reconcile(Belief({"stop": stop()}), replace(broker(), over=(over,)), NOW)
    assert ([one.client_order_id for one in plan.ended], plan.absent) == (["stop"], ())
    # but one that works, and one whose end is known, have no news in it
    for belief, orders in ((stop(), (works("stop"),)), (stop(state=OrderState.CANCELLED), ())):
        plan = reconcile(Belief({"stop": belief}), replace(broker(*orders), over=(over,)), NOW)
        assert plan.ended == ()


def test_a_word_is_news_only_once() -> None:
    belief = Belief({"stop": stop(state=OrderState.SENT)})
    (word,) = reconcile(belief, broker(works("stop", broker_id="7", quantity=2)), NOW).words
    assert (word.state, word.broker_id, word.quantity) == (OrderState.WORKING, "7", 2)
    known = Belief({"stop": stop(broker_ids=frozenset("7"), told=2)})
    assert reconcile(known, broker(works("stop", broker_id="7", quantity=2)), NOW).words == ()
    (second,) = reconcile(known, broker(works("stop", broker_id="8", quantity=2)), NOW).words
    assert second.broker_id == "8"


def test_an_answer_older_than_the_end_of_an_order_does_not_wake_it() -> None:
    ended = Belief({"stop": stop(state=OrderState.CANCELLED, since_ns=NOW)})
    assert reconcile(ended, broker(works("stop")), NOW).words == ()
    assert len(reconcile(ended, broker(works("stop")), NOW + 1).words) == 1


@pytest.mark.parametrize(("position", "cancelled"), [(0, ("lost",)), (1, ()), (-1, ("lost",))])
def test_an_order_under_our_name_that_nobody_knows_is_cancelled_unless_it_protects(
    position: int, cancelled: tuple[str, ...]
) -> None:
    plan = reconcile(Belief(), broker(works("lost"), position=position), NOW)
    assert plan.cancel == cancelled
    assert bool(plan.strange) is not bool(cancelled)


def test_what_is_left_of_a_bracket_that_has_ended_is_cancelled_once() -> None:
    assert reconcile(Belief({"stop": stop(over=True)}), broker(works("stop")), NOW).cancel == ("stop",)
    assert reconcile(Belief({"stop": stop(over=True, cancel_ns=NOW)}), broker(works("stop")), NOW).cancel == ()


def test_what_is_cancelled_goes_in_the_order_of_the_answer_whatever_order_sets_have() -> None:
    names = [f"r001-{number}" for number in range(20)]
    answer = broker(*(works(name) for name in (*names, names[0])))
    assert reconcile(Belief({name: stop(over=True) for name in names}), answer, NOW).cancel == tuple(names)


def test_somebody_elses_order_is_named_by_its_instrument() -> None:
    plan = reconcile(Belief(), broker(works("", broker_id="999")), NOW)
    assert plan.strange == {0: ("somebody else's order works there (999)",)}
    assert plan.cancel == ()


NAMES = ("entry", "stop", "target")
beliefs = st.builds(
    Belief,
    orders=st.dictionaries(
        st.sampled_from(NAMES),
        st.builds(
            Believed,
            st.just(0),
            st.sampled_from([-1, 1]),
            st.sampled_from(STATES),
            st.integers(0, 3),
            st.frozensets(st.sampled_from("78")),
            st.integers(0, 2 * NOW),
            st.booleans(),
            st.sampled_from([0, NOW]),
        ),
    ),
    fills=st.dictionaries(st.sampled_from(["e1", "e2"]), st.integers(-2, 2)),
    positions=st.dictionaries(st.just(0), st.integers(-3, 3)),
    shares=st.dictionaries(st.just(0), st.integers(-3, 3)),
    products=st.just(("ES",)),
)
facts = st.builds(
    OrderFact,
    st.sampled_from([*NAMES, "lost", ""]),
    st.sampled_from(STATES),
    st.just(0),
    st.sampled_from(["", "7", "8"]),
    st.just(0),
    st.sampled_from([-1, 1]),
    st.integers(0, 3),
)
executions = st.builds(
    filled, st.sampled_from(["e1", "e2", "e3"]), st.sampled_from([*NAMES, "lost"]), st.sampled_from([-2, -1, 1, 2])
)
answers = st.builds(
    BrokerState,
    st.just("DU1"),
    st.lists(facts, unique_by=lambda fact: fact.client_order_id).map(tuple),
    st.lists(executions, unique_by=lambda fill: fill.exec_id).map(tuple),
    st.dictionaries(st.just(0), st.integers(-3, 3)).map(lambda held: tuple(held.items())),
)


def done(belief: Belief, plan: Plan) -> Belief:
    """What we believe once a plan has been carried out and positions have been adjusted."""
    orders = dict(belief.orders)
    for word in plan.words:
        one = orders[word.client_order_id]
        ids = one.broker_ids | ({word.broker_id} if word.broker_id else set())
        told = word.quantity or one.told
        orders[word.client_order_id] = replace(one, state=word.state, broker_ids=ids, told=told, since_ns=0)
    for name in plan.absent:
        orders[name] = replace(orders[name], state=OrderState.CANCELLED)
    for name in set(plan.cancel) & orders.keys():
        orders[name] = replace(orders[name], cancel_ns=NOW)
    fills, held = dict(belief.fills), dict(belief.positions)
    for fill in plan.fills:
        fills[fill.exec_id] = fill.side * fill.quantity
        held[0] = held.get(0, 0) + fill.side * fill.quantity
    for instrument, _, theirs in plan.positions:
        held[instrument] = theirs
    return replace(belief, orders=orders, fills=fills, positions=held)


@given(belief=beliefs, answer=answers)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(belief: Belief, answer: BrokerState) -> None:
    after = reconcile(done(belief, reconcile(belief, answer, NOW)), answer, NOW)
    assert (after.fills, after.words, after.absent, after.positions) == ((), (), (), ())
    # A name that no journal knows is asked for once; that is remembered elsewhere.
    assert not set(after.cancel) & belief.orders.keys()


@given(belief=beliefs, answer=answers)
def test_silence_and_strangers_never_end_an_order_of_ours(belief: Belief, answer: BrokerState) -> None:
    plan = reconcile(belief, answer, NOW)
    told = {fact.client_order_id for fact in answer.orders if fact.state not in ENDED}
    assert {word.client_order_id for word in plan.words} <= told & belief.orders.keys()
    assert not set(plan.cancel) & {fact.client_order_id for fact in answer.orders if not fact.client_order_id}
