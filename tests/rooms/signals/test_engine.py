"""The engine around the detectors: sharing, sources, order, detectors of others, several instruments, refusals."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.config import Params
from bot.config.params import MINUTE_NS, SECOND_NS
from bot.domain.market import EVENT, PRINT, TICK, Events, Ticks
from bot.errors import ConfigError, PaperpitError
from bot.signals import guards, walk
from bot.signals.args import args_row
from bot.signals.engine import Wish, build
from bot.signals.engines import MultiEngine
from bot.signals.roster import DETECTORS, GUARDS
from tests.rooms.signals.scanning import ES, HAIR_WISH, WEEK, hair_engine, lively, raw, scanned
from tests.tapes import Tape

START = "2026-05-27 10:00"


def test_equal_wishes_share_their_detectors() -> None:
    one = build(ES, WEEK, [Wish()])
    two = build(ES, WEEK, [Wish(), Wish()])
    assert two.sources == one.sources
    assert two.belongs == (one.belongs[0], one.belongs[0])


def test_wishes_that_differ_have_their_own_and_hear_only_those() -> None:
    other = Wish(params={"absorption": {"volume_min": 7}})
    engine = build(ES, WEEK, [Wish(), other])
    plain, mine = engine.belongs
    for kind, count in (
        ("absorption", 2),
        ("absorption_rejection", 2),
        ("exhaustion", 2),
        ("rejection", 1),
        ("imbalance", 2),
    ):
        assert sum(source[0] == kind for source in engine.sources) == count
    listening = ["absorption", "absorption_rejection", "exhaustion", "sweep_absorption"]
    assert [engine.sources[i][0] for i in sorted(plain - mine)] == listening
    assert [engine.sources[i][0] for i in sorted(mine - plain)] == listening
    assert len({source[2] for source in engine.sources}) == len(engine.sources)


def test_everybody_hears_the_guards_and_only_his_own_bars() -> None:
    engine = build(ES, WEEK, [Wish(SECOND_NS, 2 * SECOND_NS), Wish()])
    bars = [{engine.sources[i][1] for i in heard if engine.sources[i][0] == "bar"} for heard in engine.belongs]
    assert bars == [{SECOND_NS, 2 * SECOND_NS}, {MINUTE_NS, 5 * MINUTE_NS}]
    watching = [{i for i in heard if engine.sources[i][0] == "guard"} for heard in engine.belongs]
    assert watching[0] == watching[1]
    assert len(watching[0]) == len(GUARDS)


def test_two_wishes_on_one_tape_see_what_each_alone_would() -> None:
    ticks = lively(4, rows=1_500)
    other = Wish(HAIR_WISH.timeframe_ns, HAIR_WISH.context_ns, {**HAIR_WISH.params, "absorption": {"volume_min": 9}})
    both = build(ES, WEEK, [HAIR_WISH, other])
    events = scanned(both, ticks)
    for number, wish in enumerate((HAIR_WISH, other)):
        alone = build(ES, WEEK, [wish])
        mine = events[np.isin(events["source"], sorted(both.belongs[number]))]
        theirs = scanned(alone, ticks)
        theirs = theirs[np.isin(theirs["source"], sorted(alone.belongs[0]))]
        told = [[(e["ts"], e["row"], e["kind"], e["price"]) for e in events] for events in (mine, theirs)]
        assert told[0] == told[1]


def test_events_come_in_the_order_in_which_they_happened() -> None:
    for seed in range(10):
        events = scanned(hair_engine(), lively(seed))
        key = [(e["row"], 1 - e["before"], e["known"], e["source"]) for e in events]
        assert key == sorted(key)


def test_an_event_tells_its_numbers_and_its_parameters() -> None:
    engine = hair_engine()
    for event in scanned(engine, lively(1)):
        kind = engine.kinds[event["kind"]]
        source = engine.sources[event["source"]]
        assert kind in (DETECTORS[source[0]].kinds if source[0] in DETECTORS else source)
        assert engine.params_hash(event) == source[2]
        assert len(engine.evidence(event)) <= 24


class Counter:
    """A detector of somebody else: it counts prints, two events at a time."""

    kind = "counter"
    kinds = ("counter_odd", "counter_even")
    EVIDENCE = ("count",)

    class Params(Params):
        """[detectors.counter]"""

        every: int = 10

    def __init__(self, instrument: Any, timeframe_ns: int, params: Any) -> None:
        self.every, self.count, self.out = params.every, 0, np.zeros(2, EVENT)

    def scan(self, ticks: Ticks, start: int, until: int) -> tuple[Events, int]:
        found = 0
        for row in range(start, len(ticks)):
            if ticks["kind"][row] == PRINT:
                self.count += 1
                if self.count % self.every == 0:
                    e = self.out[found]
                    e["ts"] = e["known"] = ticks["ts"][row]
                    e["row"], e["kind"], e["evidence"][0] = row, self.count // self.every % 2 == 0, self.count
                    found += 1
            if found == len(self.out):
                return self.out, row + 1
        return self.out[:found], len(ticks)


def test_a_detector_of_others_runs_beside_ours() -> None:
    ticks = lively(2)
    engine = build(ES, WEEK, [Wish(params={"counter": {"every": 7}}, extra=(Counter,))])
    events = scanned(engine, ticks, [100, 101, 350])
    mine = [e for e in events if engine.sources[e["source"]][0] == "counter"]
    prints = np.flatnonzero(ticks["kind"] == PRINT)
    assert [int(e["row"]) for e in mine] == prints[6::7].tolist()
    assert {engine.kinds[e["kind"]] for e in mine} == {"counter_odd", "counter_even"}
    assert [engine.evidence(e)["count"] for e in mine] == [7 * k for k in range(1, len(mine) + 1)]
    assert {int(e["source"]) for e in mine} <= engine.belongs[0]


def test_a_detector_that_does_not_move_on_is_refused() -> None:
    class Stuck(Counter):
        def scan(self, ticks: Ticks, start: int, until: int) -> tuple[Events, int]:
            return self.out[:0], start

    engine = build(ES, WEEK, [Wish(extra=(Stuck,))])
    with pytest.raises(PaperpitError, match="counter"):
        engine.scan(lively(1))


def test_other_instruments_rows_show_in_time_that_a_bar_has_ended() -> None:
    one = Tape(start=START).quote("4200.00", "4200.25").bought(1, "4200.25").at("10:05").wait(0).rows()
    two = Tape(start=START).quote("4200.00", "4200.25").at("10:01:00.500").wait(0).at("10:02").wait(0).rows()
    two["instrument"] = 1
    both = np.concatenate((one, two))
    both = both[np.argsort(both["ts"], kind="stable")]
    engine = MultiEngine([build(ES, WEEK, [Wish()]), build(ES, WEEK, [Wish()])])
    ended = [e for e in engine.scan(both) if e["instrument"] == 0 and engine.kinds[e["kind"]] == "bar"]
    assert both["ts"][ended[0]["row"]] > ended[0]["known"]
    assert both["instrument"][ended[0]["row"]] == 1


def test_sources_of_several_instruments_are_numbered_through() -> None:
    single = build(ES, WEEK, [Wish()])
    engine = MultiEngine([build(ES, WEEK, [Wish()]), build(ES, WEEK, [Wish()])])
    assert len(engine.sources) == 2 * len(single.sources)
    assert engine.belongs(1, 0) == frozenset(i + len(single.sources) for i in single.belongs[0])
    ticks = lively(1)
    ticks["instrument"] = 1
    events = engine.scan(ticks)
    assert {int(e["instrument"]) for e in events} == {1}
    assert all(engine.evidence(e) for e in events)
    bar = next(e for e in events if engine.kinds[e["kind"]] == "bar" and e["timeframe"] == MINUTE_NS)
    facts = engine.footprint(1, MINUTE_NS, int(bar["ts"]))
    assert facts is not None
    assert facts.end == bar["ts"]
    assert engine.footprint(0, MINUTE_NS, int(bar["ts"])) is None


def test_the_default_suits_the_product() -> None:
    from dataclasses import replace

    assert Wish.default(ES).timeframe_ns == MINUTE_NS
    assert Wish.default(replace(ES, product="CL")).timeframe_ns == 15 * MINUTE_NS


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"absorbtion": {}}, "absorption"),
        ({"absorption": {"zmin": 1}}, "z_min"),
        ({"absorption": {"tau": 45}}, "duration"),
        ({"rejection": {"tail_min": 0}}, "tail_min"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(params: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build(ES, WEEK, [Wish(params=params)])
    assert said in str(refused.value)


def test_a_guard_watches_for_all_strategies_alike() -> None:
    wishes = [Wish(params={"guard_halt": {"silence": f"{s}s"}}) for s in (40, 50)]
    with pytest.raises(ConfigError, match="guard_halt"):
        build(ES, WEEK, wishes)


def test_too_many_timeframes_are_refused() -> None:
    with pytest.raises(ConfigError, match="timeframes"):
        build(ES, WEEK, [Wish(k * SECOND_NS, None) for k in range(1, 10)])


def test_rows_of_any_making_are_read_by_the_same_kernels(tmp_path: Path) -> None:
    ticks = lively(3)
    whole = raw(scanned(hair_engine(), ticks))
    sealed, strided = ticks.copy(), np.repeat(ticks, 2)[::2]
    sealed.flags.writeable = False
    np.save(tmp_path / "rows.npy", ticks)
    unaligned = np.load(tmp_path / "rows.npy")
    compiled = len(walk.read.signatures)
    for other in (sealed, strided, unaligned):
        assert raw(scanned(hair_engine(), other)) == whole
    assert len(walk.read.signatures) == compiled


def test_an_empty_batch_is_no_news() -> None:
    assert len(hair_engine().scan(np.zeros(0, TICK))) == 0


@pytest.mark.parametrize("kind", [*DETECTORS, *GUARDS])
def test_parameters_reach_the_kernel_under_their_own_names(kind: str) -> None:
    import sys

    module = guards.BY_KIND.get(kind) or sys.modules[DETECTORS[kind].__module__]
    args = module.STATE["args"]
    assert args.names == tuple(module.Params.model_fields)
    made = module.Params.defaults("ES", MINUTE_NS)
    row = args_row(made, args)[0]
    for name, value in zip(args.names, made.as_args(), strict=True):
        assert row[name] == (0 if isinstance(value, str) else value), "the first of what it may be stands for a word"
    assert len(module.__doc__.split("Source")) == 2


@pytest.mark.parametrize("kind", DETECTORS)
def test_a_detector_says_what_it_is(kind: str) -> None:
    detector = DETECTORS[kind]
    assert detector.kind == kind
    assert kind in detector.kinds
    assert len(set(detector.EVIDENCE)) == len(detector.EVIDENCE) <= 24
