"""A restart forgets nothing: what the gate counts is the same in memory and in the fold of the journal, at any moment.

Method: hypothesis draws histories of a few brackets at a far end (losses, part fills, late fills, commissions,
executions that are corrected or taken back, hands that trade, people who resume, weekends). At the end the desk dies, a
new one takes up what the journal has, and the two gates are compared value by value.
"""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.command import pause_key
from bot.domain.order import CommissionReport
from bot.orders.adopt import Adoption
from bot.risk.ledger import Ledger
from bot.risk.trips import Trips
from tests.rooms.orders.far import Desk, Far
from tests.rooms.orders.test_histories import step

LIMITS = {
    "cooldown": "5m",
    "max_daily_loss_usd": "200",
    "max_drawdown_usd": "120",
    "max_losses_in_a_row": 2,
    "max_losses_in_a_row_all": 3,
}
STEPS = (
    *(
        "lose",
        "lose",
        "lose",
        "win",
        "place",
        "ack",
        "part entry",
        "fill entry",
        "fill stop",
        "part stop",
        "fill target",
    ),
    *(
        "lose entry",
        "hear",
        "hear",
        "wait",
        "poll",
        "pay",
        "pay",
        "correct",
        "bust",
        "late",
        "hand",
        "minute",
        "weekend",
    ),
    *("resume test", "resume", "resume", "cut", "mend"),
)

LATE = ["place", "ack", "part entry", "hear", "lose entry", "hear", "fill stop", "hear", "late", "hear"]
"""One unit fills after all, of an entry that was said to have ended."""


async def happen(desk: Desk, what: str) -> None:
    """One thing of a history; what the gate closes by itself is written down, as the desk does it."""
    far = desk.far
    if what == "place" and len(desk.orders.live) < 3:
        await desk.place(2)
    elif what in ("lose", "win"):
        for one in (
            "mend",
            "place",
            "ack",
            "hear",
            "fill entry",
            "hear",
            f"fill {'stop' if what == 'lose' else 'target'}",
        ):
            await happen(desk, one)
        await desk.hear()
    elif what == "pay" and far.fills:
        far.said.append(CommissionReport(far.fills[-1].exec_id, f"{len(far.fills)}.10", "USD"))
    elif what in ("correct", "bust") and far.fills and far.fills[-1].quantity:
        wrong = far.fills[-1]
        price, units = wrong.price - 5, wrong.quantity if what == "correct" else 0
        right = replace(wrong, exec_id=f"{wrong.exec_id}.02", corrects=wrong.exec_id, price=price, quantity=units)
        far.fills[-1] = right
        far.position -= wrong.side * (wrong.quantity - units)
        far.said.append(right)
    elif what == "late" and far.names:
        far.fill("entry", 1)  # whatever became of it
    elif what == "hand":
        far.position += 1
        await desk.snapshot(2)
    elif what in ("minute", "weekend"):
        await desk.wait(60 if what == "minute" else 72 * 3600)
    elif what.startswith("resume"):
        strategy = what.removeprefix("resume").strip()
        desk.bench.gate.pause(False, "", strategy=strategy)
        desk.journal.control(pause_key(strategy, ""), False, far.now, "go on")
    else:
        await step(desk, what)
    for key, one in desk.bench.gate.closed().items():
        desk.journal.control(key, one.value, one.ts, one.why)


async def both(folder: Path, steps: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the gate knew when the desk died, and what the next one knows."""
    far = Far()
    desk = await Desk.open(f"sqlite:///{folder / 'journal.db'}", far, risk=LIMITS).start()
    for what in steps:
        await happen(desk, what)
    desk.journal.commit()
    desk.die()
    again = Desk.open(desk.url, far, risk=LIMITS)
    Adoption(again.orders._machine, ("ES",)).take_up(again.past, far.now)
    try:
        return desk.bench.gate.state(far.now), again.bench.gate.state(far.now)
    finally:
        again.die()


def known(steps: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(both(Path(folder), steps))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=14))
def test_the_next_start_counts_as_the_last_one_did(steps: list[str]) -> None:
    before, after = known(steps)
    assert after == before


def test_every_kind_of_counter_is_in_what_is_compared() -> None:
    before, after = known(["lose", "pay", "lose", "lose", "win", "place", "ack", "part entry", "hear"])
    assert after == before
    assert all(before[name] for name in ("open", "holdings", "days", "stopped", "trips", "sent", "pauses", "day_end"))


@pytest.mark.parametrize(
    ("room", "name"),
    [(Ledger, "_forget_stop"), (Trips, "forgive"), (Trips, "woke")],
)
def test_a_gate_that_forgets_would_be_seen(room: type[Any], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"_forget_stop": ["lose", "bust", "hear"], "forgive": ["lose", "resume"], "woke": LATE}
    calls: list[str] = []
    whole = getattr(room, name)

    def once(*args: Any) -> Any:
        """The first desk does it, the next one does not."""
        calls.append(name)
        return whole(*args) if len(calls) == 1 else None

    monkeypatch.setattr(room, name, once)
    before, after = known(told[name])
    assert after != before


def test_a_weekend_forgives_the_day_and_not_the_row(tmp_path: Path) -> None:
    before, _ = asyncio.run(both(tmp_path, ["lose", "lose", "lose"]))
    assert before["day_end"] is not None
    before, after = known(["lose", "lose", "lose", "weekend"])
    assert after["day_end"] is before["day_end"] is None
    assert after["pauses"] == before["pauses"] != []


async def test_a_loss_in_a_product_that_is_not_traded_any_more_belongs_to_the_day(tmp_path: Path) -> None:
    # given a morning in which ES lost three ticks with two units, and one commission that was told
    far = Far()
    desk = await Desk.open(f"sqlite:///{tmp_path / 'journal.db'}", far).start()
    for what in ("lose", "pay"):
        await happen(desk, what)
    await desk.hear()
    desk.die()
    # when the next start trades something else
    again = Desk.open(desk.url, far)
    Adoption(again.orders._machine, ("NQ",)).take_up(again.past, far.now)
    # then the account has lost it all the same
    assert again.bench.gate.facts(0, far.now)["net"] == "-77.10"
    again.die()
