"""What the journal of a day says when it is over: folded as the next start would, and looked over by `db check`."""

from typing import Any

from bot.domain.order import OVER
from bot.journal.check import check
from bot.journal.fold import fold
from bot.journal.place import place
from bot.journal.reading import reading
from tests.sim.broker import ACCOUNT
from tests.sim.script import INSTRUMENTS
from tests.sim.world import World

CHECKED = 10
"""Every so many days `db check` looks at the journal; the fold is compared on each."""


class Contradiction(AssertionError):
    """The journal that a day left behind says something else than the day did."""


def close(world: World) -> None:
    """Have the journal read when the desk has stopped. Raises Contradiction."""
    believed: dict[str, Any] = {}

    def remember(world: World) -> None:
        run = world.run
        assert run is not None
        assert run.desk is not None
        orders = run.desk._p.orders
        believed["brackets"] = {live.bracket.id: live.share for live in orders.live}
        believed["executions"] = set(orders.recovery._fills)

    world.ends.append(remember)
    world.closings.append(lambda world: _compare(world, believed))


def _compare(world: World, believed: dict[str, Any]) -> None:
    past = fold(world.url, account=ACCOUNT)
    held = {
        (one.product, one.contract): units for one, units in zip(INSTRUMENTS, world.exchange.positions, strict=True)
    }
    told = {key: units for key, units in held.items() if units}
    if dict(past.positions) != told:
        raise Contradiction(f"I10 the journal folds to {dict(past.positions)}, and the account holds {told}")
    live = {one.id for one in past.brackets if one.state not in OVER}
    if not live <= believed["brackets"].keys():
        raise Contradiction(f"I10 brackets live in the journal and were over: {live - believed['brackets'].keys()}")
    if missing := believed["executions"] - past.fills.keys():
        raise Contradiction(f"I10 executions were counted and are not in the journal: {sorted(missing)}")
    if world.plan.seed % CHECKED == 0:
        with reading(place(world.url)) as reader:
            if problems := check(reader):
                raise Contradiction(f"I09 db check: {problems[0]['message']}")
