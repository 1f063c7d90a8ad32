"""Reports that cannot be true: told as anomalies, counted in no position before the broker's answer has them again."""

from dataclasses import replace

import pytest

from bot.domain.command import pause_key
from bot.domain.market import ABSENT
from bot.domain.order import BracketState as S
from bot.domain.order import FillReport, OrderReport, OrderState
from bot.journal import rows
from bot.orders.sound import CLOCKS_NS, Band, Flaw, flaw_of_fill, flaw_of_word
from tests.brackets import bracket
from tests.rooms.orders.far import SECOND, Desk, Far

NOW = 10 * SECOND
ENTRY = bracket(16800, 16797, 16806, now=NOW, quantity=2).entry
FILL = FillReport(ENTRY.client_order_id, "x1", NOW, 1, 2, 16800)
BAND = Band(16000, 17000)

CASES = [
    (FILL, 0, None),
    (replace(FILL, quantity=-1), 0, Flaw.SIZE),
    (replace(FILL, quantity=0), 0, Flaw.SIZE),
    (replace(FILL, quantity=0, corrects="x0"), 0, None),  # busted
    (replace(FILL, side=0), 0, Flaw.SIDE),
    (replace(FILL, side=-1), 0, Flaw.SIDE),
    (replace(FILL, price=ABSENT), 0, Flaw.NO_PRICE),
    (replace(FILL, price=15_999), 0, Flaw.OFF_BAND),
    (replace(FILL, price=17_001), 0, Flaw.OFF_BAND),
    (replace(FILL, price=17_000), 0, None),
    (replace(FILL, ts=NOW - CLOCKS_NS), 0, None),
    (replace(FILL, ts=NOW - CLOCKS_NS - 1), 0, Flaw.TIME),
    (FILL, 1, Flaw.TOO_MUCH),
    (replace(FILL, quantity=3), 0, Flaw.TOO_MUCH),
]


@pytest.mark.parametrize(("fill", "before", "flaw"), CASES)
def test_what_is_wrong_with_an_execution(fill: FillReport, before: int, flaw: Flaw | None) -> None:
    assert flaw_of_fill(fill, ENTRY, before, 0, BAND) is flaw


def test_a_quantity_that_a_person_raised_is_no_flaw_and_without_a_band_every_price_can_be() -> None:
    assert flaw_of_fill(replace(FILL, quantity=3), ENTRY, 0, 3, BAND) is None
    assert flaw_of_fill(replace(FILL, price=-37_63), ENTRY, 0, 0, Band()) is None


def test_what_is_wrong_with_a_word() -> None:
    word = OrderReport(ENTRY.client_order_id, OrderState.WORKING, NOW)
    assert flaw_of_word(word, ENTRY) is None
    assert flaw_of_word(replace(word, quantity=-2), ENTRY) is Flaw.SIZE
    assert flaw_of_word(replace(word, ts=0), ENTRY) is Flaw.TIME


def anomalies(desk: Desk) -> list[str]:
    return [row.kind for row in desk.read(rows.Anomaly)]


@pytest.fixture
async def working(desk: Desk) -> Desk:
    await desk.place()
    desk.far.ack()
    await desk.hear()
    return desk


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"quantity": -1}, "fill-size"),
        ({"quantity": 5}, "fill-too-much"),
        ({"price": ABSENT}, "fill-no-price"),
        ({"side": -1}, "fill-side"),
        ({"ts": 0}, "fill-time"),
    ],
)
async def test_a_malformed_execution_moves_nothing_and_closes_the_instrument_until_the_answer(
    working: Desk, wrong: dict[str, int], kind: str
) -> None:
    desk = working
    said = FillReport(desk.far.name("entry"), "x9", desk.far.now, 1, 1, 16800)
    asked = desk.far.asked
    await desk.orders.on_fill(replace(said, **wrong))  # type: ignore[arg-type]  # one field of many types
    assert desk.orders.position(0) == 0
    assert anomalies(desk) == [kind]
    assert "reconciled" in desk.refused
    assert desk.far.asked > asked
    assert desk.read(rows.Fill) == []
    # when the broker's answer knows nothing of it, the books agree again
    await desk.snapshot()
    assert "reconciled" not in desk.refused


async def test_what_the_answer_confirms_is_counted_after_all(working: Desk) -> None:
    desk = working
    report = desk.far.fill("entry", price=16799, say=False)
    desk.far.fills[-1] = replace(report, ts=0)
    await desk.orders.on_fill(replace(report, ts=0))
    assert desk.orders.position(0) == 0
    await desk.snapshot()
    assert desk.orders.position(0) == 1
    (live,) = desk.orders.live
    assert live.state is S.OPEN


async def test_more_than_was_ordered_leaves_and_pauses_the_strategy_once_it_is_confirmed(working: Desk) -> None:
    desk = working
    desk.far.fill("entry", 3)
    await desk.hear()
    assert desk.orders.position(0) == 0
    await desk.snapshot()
    (live,) = desk.orders.live
    assert live.state is S.NAKED
    await desk.wait(1)
    assert desk.far.told[-1] == "flatten 3"
    assert [row.key for row in desk.read(rows.Control)] == [pause_key("test", "")]
    desk.far.fill("flatten")
    desk.far.end("stop")
    desk.far.end("target")
    await desk.hear()
    assert live.state is S.CLOSED


async def test_an_execution_of_an_order_that_nobody_knows_closes_and_stays_out_of_our_brackets(desk: Desk) -> None:
    stray = FillReport("run-0-77", "x9", desk.far.now, 1, 1, 16800)
    await desk.orders.on_fill(stray)
    assert anomalies(desk) == ["fill-unknown-order"]
    assert "reconciled" in desk.refused
    # when the broker holds it, it is named and left alone
    desk.far.position = 1
    await desk.snapshot(2)
    assert desk.orders.position(0) == 1
    assert desk.orders.live == ()
    assert "foreign" in desk.refused


async def test_a_word_on_an_order_that_nobody_knows_is_told_once(desk: Desk) -> None:
    for _ in range(3):
        await desk.orders.on_order(OrderReport("run-0-77", OrderState.WORKING, desk.far.now))
    assert anomalies(desk) == ["order-unknown"]


async def test_a_word_from_before_its_order_is_not_believed(working: Desk) -> None:
    desk = working
    await desk.orders.on_order(OrderReport(desk.far.name("entry"), OrderState.CANCELLED, 0))
    (live,) = desk.orders.live
    assert live.state is S.WORKING
    assert anomalies(desk) == ["order-time"]


async def test_with_bands_a_price_beyond_them_waits_for_the_answer(url: str) -> None:
    desk = await Desk.open(url, Far(), bands=[Band(16_700, 16_900)]).start()
    await desk.place()
    desk.far.ack()
    desk.far.fill("entry", price=1)
    await desk.hear()
    assert desk.orders.position(0) == 0
    assert anomalies(desk) == ["fill-off-band"]
    desk.die()
