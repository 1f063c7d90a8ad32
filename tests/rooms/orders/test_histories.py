"""Whatever a wire does in whatever order: when it has healed, journal and broker agree and no position is naked.

Method: hypothesis draws histories of one bracket at a far end (words that are late, lost or doubled, part fills, hands
that cancel, links that break, crashes). Then everything is said, the broker answers a few times, and the far end's
truth is held against what the desk believes.
"""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.order import OrderState
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.rooms.orders.far import Desk, Far

STEPS = (
    *("ack", "ack", "fill entry", "fill entry", "part entry", "fill stop", "part stop", "fill target"),
    *("lose entry", "lose stop", "lose target", "swallow", "double", "hear", "hear", "wait", "wait", "poll", "poll"),
    *("cut", "mend", "flatten", "cancel", "crash", "obey"),
)
FIRST = ([], ["ack", "hear"], ["ack", "part entry", "hear"], ["ack", "fill entry", "hear"])
SEEN: set[str] = set()


def alive(far: Far, role: str) -> list[str]:
    """Orders of a role that can still fill at the far end."""
    works = (OrderState.WORKING, OrderState.PARTIAL)
    return [name for name, one in far.orders.items() if one.order.role == role and one.state in works]


def execute(far: Far, role: str, part: bool) -> None:
    """Fill an order as an exchange would: exits only what is held, siblings end with the position."""
    if not alive(far, role) or (role != "entry" and far.position <= 0):
        return
    name = alive(far, role)[-1]
    one = far.orders[name]
    room = one.quantity - one.filled
    units = min(room, 1 if part else room, room if role == "entry" else far.position)
    far.names.append(name)  # the newest of its role, for `fill`
    far.fill(role, units)
    far.names.pop()
    if role != "entry" and not far.position and not alive(far, "entry"):
        for other in ("stop", "target", "flatten"):
            end(far, other)


def end(far: Far, role: str) -> None:
    """End everything of a role that works, and say so."""
    for name in alive(far, role):
        far.names.append(name)
        far.end(role)
        far.names.pop()
    if role == "entry" and not far.position:
        for other in ("stop", "target"):
            end(far, other)


def obey(far: Far) -> None:
    """Do what was asked: cancellations; and market exits fill."""
    for words in far.told:
        what, _, role = words.partition(" ")
        if what == "cancel":
            end(far, role)
    far.told.clear()
    far.ack()
    execute(far, "flatten", part=False)


async def step(desk: Desk, what: str) -> Desk:
    far = desk.far
    verb, _, role = what.partition(" ")
    if verb in ("fill", "part"):
        execute(far, role, verb == "part")
    elif verb == "lose":
        end(far, role)
    elif verb == "ack":
        far.ack()
    elif verb == "swallow" and far.said:
        far.said.pop()
    elif verb == "double" and far.said:
        far.said.append(far.said[-1])
    elif verb == "hear":
        await desk.hear()
    elif verb == "wait":
        await desk.wait(2)
    elif verb == "poll" and far.link == "up":
        await desk.snapshot()
    elif verb == "cut" and far.link == "up":
        far.cut()
    elif verb == "mend" and far.link != "up":
        far.mend()
    elif verb == "flatten":
        await desk.orders.flatten(far.now, "flatten")
    elif verb == "cancel":
        await desk.orders.cancel_entries(far.now, "test")
    elif verb == "obey":
        obey(far)
    elif verb == "crash" and far.link == "up":
        desk.die()
        far.said.clear()
        far.connection += 1
        desk = await Desk.open(desk.url, far).start()
    return desk


async def heal(desk: Desk) -> None:
    """The link works, everybody says what there is to say, the market stays open."""
    if desk.far.link != "up":
        desk.far.mend()
    for _ in range(12):
        await desk.hear()
        await desk.snapshot()
        await desk.wait(1)
        obey(desk.far)
    await desk.hear()


def faults(desk: Desk) -> list[str]:
    """What is not as it must be once everything has been heard."""
    far, found = desk.far, []
    if desk.orders.position(0) != far.position:
        found.append(f"the desk believes {desk.orders.position(0)}, the broker holds {far.position}")
    done = {fill.exec_id for fill in far.fills}
    written = [row.exec_id for row in desk.read(rows.Fill)]
    if sorted(written) != sorted(done):
        found.append(f"executions {sorted(done)}, journal {sorted(written)}")
    cover = sum(far.orders[name].quantity - far.orders[name].filled for name in alive(far, "stop"))
    if far.position > cover and not alive(far, "flatten"):
        found.append(f"{far.position} held, {cover} covered")
    if far.position < 0:
        found.append(f"the position was turned over: {far.position}")
    if len(far.names) != len(set(far.names)):
        found.append("an order was sent twice")
    found += [f"{one.bracket.id} is {one.state}" for one in desk.orders.live if one.state in ("unverified", "naked")]
    if not far.position and not alive(far, "entry"):
        found += [f"an exit of nothing works: {name}" for role in ("stop", "target") for name in alive(far, role)]
    unexpected = [row.why for row in desk.read(rows.BracketEvent) if row.why.startswith("unexpected")]
    found += unexpected
    if "reconciled" in desk.refused:
        found.append("entries are still closed")
    if adjusted := desk.read(rows.Adjustment):
        found.append(f"adjusted without need: {adjusted}")
    return found


async def lived(steps: list[str], quantity: int, folder: str) -> list[str]:
    """One history to its end; what is wrong then."""
    url = f"sqlite:///{Path(folder) / 'journal.db'}"
    desk = await Desk.open(url, Far()).start()
    await desk.place(quantity)
    for what in steps:
        desk = await step(desk, what)
    await heal(desk)
    found = faults(desk)
    SEEN.update(row.state for row in desk.read(rows.BracketEvent))
    desk.die()
    with reading(place(url)) as reader:
        found += [problem["message"] for problem in check(reader)]
    return found


@settings(max_examples=150, deadline=None)
@given(
    first=st.sampled_from(FIRST),
    steps=st.lists(st.sampled_from(STEPS), min_size=3, max_size=14),
    quantity=st.integers(1, 3),
)
def test_a_wire_that_has_healed_leaves_no_doubt_and_no_naked_position(
    first: list[str], steps: list[str], quantity: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert asyncio.run(lived([*first, *steps], quantity, folder)) == []


def test_the_histories_saw_every_danger() -> None:
    assert {"pending-unknown", "unverified", "naked", "flattening", "partial", "exiting"} <= SEEN
