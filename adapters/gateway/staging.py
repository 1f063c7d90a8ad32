"""Faults that happen at once: what the broker, or somebody else, does to the account while a client looks on."""

from decimal import Decimal

from adapters.gateway.books import Books
from adapters.gateway.ledger import Ledger
from adapters.gateway.life import Life
from adapters.gateway.seam import Listed, World
from adapters.gateway.speech import money_of_point
from adapters.gateway.telling import Telling
from adapters.gateway.ticket import Ticket

STRANGER = 0
"""Client id of orders that were entered by hand."""


class Staging:
    """Sets the scene."""

    def __init__(self, world: World, books: Books, life: Life, telling: Telling, ledger: Ledger) -> None:
        self._world, self._books, self._life = world, books, life
        self._telling, self._ledger = telling, ledger

    def stage(self, name: str, argument: str) -> str:
        """Do it; what is wrong with the argument, or nothing."""
        if name == "order-cancelled":
            return self._cancel(argument)
        if name == "id-rollback":
            self._books.roll_back(int(argument) if argument.isdecimal() else 10)
            return ""
        if name == "precautionary":
            for ticket in list(self._books.live):
                self._telling.refused(ticket, int(argument), f"Order Message: {ticket.listed.symbol} Warning")
            return ""
        units, _, con_id = argument.rpartition(":")
        if name == "foreign-position":
            units, con_id = (argument, "") if not units else (units, con_id)
            return self._position(units, con_id)
        return self._order(argument)

    def _cancel(self, who: str) -> str:
        for ticket in list(self._books.live):
            if who in ("any", ticket.role):
                self._life.cancel(ticket, "cancelled by the broker")
        return ""

    def _position(self, units: str, con_id: str) -> str:
        listed = self._listed(con_id)
        if listed is None or not units.lstrip("-").isdecimal():
            return f"foreign-position takes units and a conId that is listed here, not {units}:{con_id}"
        price = self._price(listed)
        self._books.set_position(self._account, listed, int(units), price * money_of_point(listed) * int(units))
        position = self._books.accounts.position(self._account, listed)
        self._ledger.write("foreign", account=self._account, con_id=listed.con_id, position=position.units)
        self._telling.moved(self._account, listed)
        return ""

    def _order(self, con_id: str) -> str:
        listed = self._listed(con_id)
        if listed is None:
            return f"foreign-order takes a conId that is listed here, not {con_id}"
        tick = listed.instrument.tick
        away = max(tick, self._price(listed) - 400 * tick)
        entry = _entry(action="BUY", orderType="LMT", lmtPrice=f"{away:f}", totalQuantity="1", tif="GTC")
        ticket = Ticket(STRANGER, -self._books.next_id(STRANGER), self._account, listed, entry, quantity=1)
        self._books.used(STRANGER, self._books.next_id(STRANGER))
        self._life.accept([ticket])
        self._ledger.order("foreign", ticket, whole=True)
        return ""

    @property
    def _account(self) -> str:
        return self._world.account.split(",")[0]

    def _listed(self, con_id: str) -> Listed | None:
        if con_id:
            return self._world.listed(int(con_id)) if con_id.isdecimal() else None
        first = self._world.instruments[0]
        found = self._world.find(["", first.product, *[""] * 10])
        return next((one for one in found if one.index == 0), None)

    def _price(self, listed: Listed) -> Decimal:
        ticks = self._life.worth(listed)
        return listed.instrument.to_price(ticks if ticks is not None else 4000)


def _entry(**said: str) -> dict[str, str]:
    """The fields of an order of which only a few were said."""
    empty = ["ocaGroup", "ocaType", "account", "orderRef", "openClose", "auxPrice", "extras", "discretionaryAmt"]
    zero = dict.fromkeys(["parentId", "outsideRth", "hidden", "origin", "whatIf"], "0")
    return {**dict.fromkeys(empty, ""), **zero, "transmit": "1", **said}
