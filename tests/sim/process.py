"""One run of the daemon: its own start path and life, over parts that stand already and a disk that can fail."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from bot.daemon.asked import Outcome
from bot.daemon.ending import Ending
from bot.daemon.run import Run
from bot.daemon.stopping import Stopping
from bot.domain.order import AccountFacts
from bot.journal import Writer
from tests.sim.broker import SimBroker
from tests.sim.disk import Disk
from tests.sim.market import SimMarket
from tests.sim.parts import opened_over

if TYPE_CHECKING:
    from tests.sim.world import World


class SimRun(Run):
    """The daemon's run over parts that stand already, its journal on a disk that can fail."""

    def __init__(self, world: "World", number: int) -> None:
        self._world = world
        self.broker = SimBroker(world.wire, world.clock, world.plan.shape.memory)
        self.market = SimMarket(world.clock, world.plan.shape.instruments, self.broker.arrived)
        self.market.due = self._due
        self.disk: Disk | None = None
        self.orders: Any = None
        super().__init__(world.asked, Stopping())
        self._wall = world.clock
        self._parts = opened_over(
            f"r{number:03d}", world.asked, world.plan.shape, world.clock, self.market, self.broker
        )

    async def __aenter__(self) -> "SimRun":
        self._stack.push_async_callback(self.broker.close)
        self.ending = Ending(self._asked, None, self._wall.now_ns, self._insisted)
        return self

    @property
    def standing(self) -> bool:
        """Whether the desk trades: it has recovered."""
        return self.desk is not None and self.market.subscribed

    def _memory(self) -> AbstractContextManager[None]:
        # Looking through all that is imported would be half of a simulated day.
        return nullcontext()

    async def _end(self, outcome: Outcome, writer: Writer) -> None:
        """There are no tapes to make and no copies: what takes long at an end is done in threads of real time."""
        writer.finish(outcome.kept())

    async def _load_the_rest(self) -> None:
        """A simulated day has loaded every kernel before it begins, and its adapter is none of the installed."""

    def _own(self, account: AccountFacts) -> None:
        """Days that are played at once are worlds of their own: the account of one is not that of another."""

    def _open_journal(self, account: AccountFacts) -> Writer:
        world = self._world
        world.platter.refuse()
        writer = super()._open_journal(account)
        groups: Any = writer._groups
        self.disk = groups._store = Disk(groups._store, world.platter, world.kill)
        self.disk.writing, self.disk.written = world.write, world.written
        groups.unwritten = None  # what a simulated desk keeps is on its simulated disk, or lost with it
        groups.measured_by = world.clock.now_ns
        return writer

    def _due(self) -> int | None:
        desk = self.desk
        if desk is None:
            return None
        parts = desk._p
        found = [due for due in (parts.orders.next_due(), parts.schedule.next_due()) if due is not None]
        return min(found, default=None)
