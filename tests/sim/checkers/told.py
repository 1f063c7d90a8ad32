"""Where small histories made by hand are kept: those that break an invariant, and their twins in which it holds."""

from collections.abc import Callable

from bot.domain.order import BracketState, Order, OrderType, Role
from bot.journal.first_rows import json_text
from tests.sim.checkers.stage import Stage

Story = Callable[[Stage], None]

BROKEN: dict[str, list[Story]] = {}
HELD: dict[str, list[Story]] = {}
DAYS: dict[Story, Callable[[], Stage]] = {}


def breaks(number: str, **day: object) -> Callable[[Story], Story]:
    """A history that breaks an invariant, and nothing but it."""
    return _kept(BROKEN, number, day)


def holds(number: str, **day: object) -> Callable[[Story], Story]:
    """A history next to it in which all is well."""
    return _kept(HELD, number, day)


def _kept(where: dict[str, list[Story]], number: str, day: dict[str, object]) -> Callable[[Story], Story]:
    def keep(story: Story) -> Story:
        where.setdefault(number, []).append(story)
        DAYS[story] = lambda: Stage(**day)
        return story

    return keep


def exit_order(name: str, role: Role, *, quantity: int = 1, bracket: str = "b", trigger: int | None = None) -> Order:
    kind = OrderType.MARKET if role is Role.FLATTEN else OrderType.STOP
    return Order(name, bracket, 0, role, -1, kind, quantity, None, trigger, 0)


def opened(stage: Stage, name: str = "b", **how: int) -> None:
    stage.place(name, **how)
    stage.hear(stage.fill("entry", name), name)
    stage.state(BracketState.OPEN, name)


def nobodys(stage: Stage, exec_id: str, name: str) -> None:
    """A row says that the journal does not know an execution's order."""
    cause = f"execution {exec_id} (+1 at 100 ticks) is of order {name}, which the journal does not know"
    stage.write("mode_change", "difference", json_text([cause]), stage.now, None, None, None)
