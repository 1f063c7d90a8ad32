"""What the exchange says of orders and executions: messages 3, 5, 11, 59 and 101, field by field.

Source: TWS API at server versions 157 to 178, as ib_async 2.1.0 and IB's own client read them.
"""

from functools import lru_cache

from adapters.gateway.seam import Field, Listed
from adapters.gateway.speech import UNSET_FLOAT, UNSET_INT, plain
from adapters.gateway.ticket import Execution, Ticket

Fields = tuple[Field, ...]


def contract(listed: Listed, right: str = "?") -> Fields:
    """The eleven contract fields of messages 5, 11, 61 and 101."""
    return (
        listed.con_id,
        listed.symbol,
        listed.sec_type,
        listed.expiry,
        0,
        right,
        listed.multiplier,
        listed.exchange,
        listed.currency,
        listed.local_symbol,
        listed.trading_class,
    )


def order_status(ticket: Ticket) -> Fields:
    """Message 3."""
    return (
        3,
        ticket.order_id,
        ticket.state,
        ticket.filled,
        ticket.left,
        plain(ticket.average()),
        ticket.perm_id,
        _parent_id(ticket),
        plain(ticket.price(ticket.last_price)),
        ticket.client_id,
        ticket.why_held,
        plain(ticket.price(None)),
    )


def open_order(ticket: Ticket, version: int) -> Fields:
    """Message 5, 135 fields at server version 178."""
    say = _Saying(ticket)
    return (
        5,
        ticket.order_id,
        *contract(ticket.listed),
        *say.of("action"),
        ticket.quantity,
        *say.of("orderType"),
        *(say.price("lmtPrice"), say.price("auxPrice")),
        ticket.tif,
        ticket.oca_group,
        ticket.account,
        *say.of("openClose origin orderRef"),
        ticket.client_id,
        ticket.perm_id,
        *say.of("outsideRth hidden discretionaryAmt goodAfterTime"),
        f"{say.price('discretionaryAmt')}/{ticket.account}/{ticket.quantity}",
        *say.of("faGroup faMethod faPercentage"),
        *(say.of("faProfile") if version < 177 else ()),
        *say.of("modelCode goodTillDate rule80A percentOffset settlingFirm shortSaleSlot designatedLocation"),
        *say.of("exemptCode auctionStrategy startingPrice stockRefPrice delta stockRangeLower stockRangeUpper"),
        *say.of("displaySize blockOrder sweepToFill allOrNone minQty"),
        ticket.oca_type,
        *say.of("eTradeOnly firmQuoteOnly nbboPriceCap"),
        _parent_id(ticket),
        *say.of("triggerMethod volatility volatilityType"),
        # deltaNeutralOrderType, and the eight fields that come because IB says the word None in it.
        *("None", "", 0, "", "", "", "?", 0, 0, ""),
        *say.of("continuousUpdate referencePriceType trailStopPrice trailingPercent"),
        *("", "", ""),  # basisPoints, basisPointsType, comboLegsDescrip
        *(0, 0, 0),  # legs, their prices, routing parameters
        *say.of("scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement"),
        "",  # hedgeType
        *say.of("optOutSmartRouting clearingAccount"),
        say.text("clearingIntent") or "IB",
        *say.of("notHeld"),
        *(0, ""),  # deltaNeutralContract, algoStrategy
        *say.of("solicited whatIf"),
        ticket.state,
        *[UNSET_FLOAT] * 9,
        *("", "", "", "", ""),  # commission, least, most, currency, warning
        *say.of("randomizeSize randomizePrice"),
        0,  # conditions
        say.text("adjustedOrderType") or "None",
        *say.of("triggerPrice trailStopPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice"),
        *say.of("adjustedTrailingAmount adjustableTrailingUnit softDollarTier.name softDollarTier.val"),
        "",  # softDollarTier.displayName
        *say.of("cashQty dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice usePriceMgmtAlgo"),
        *(say.whole("duration") if version >= 159 else ()),
        *(say.whole("postToAts") if version >= 160 else ()),
        *(say.of("autoCancelParent") if version >= 162 else ()),
        *((UNSET_INT, UNSET_INT, "", "", "") if version >= 170 else ()),
    )


def completed_order(ticket: Ticket, version: int, when: str) -> Fields:
    """Message 101."""
    say = _Saying(ticket)
    return (
        101,
        *contract(ticket.listed),
        *say.of("action"),
        ticket.quantity,
        *say.of("orderType"),
        *(say.price("lmtPrice"), say.price("auxPrice")),
        ticket.tif,
        ticket.oca_group,
        ticket.account,
        *say.of("openClose origin orderRef"),
        ticket.perm_id,
        *say.of("outsideRth hidden discretionaryAmt goodAfterTime faGroup faMethod faPercentage"),
        *(say.of("faProfile") if version < 177 else ()),
        *say.of("modelCode goodTillDate rule80A percentOffset settlingFirm shortSaleSlot designatedLocation"),
        *say.of("exemptCode startingPrice stockRefPrice delta stockRangeLower stockRangeUpper displaySize"),
        *say.of("sweepToFill allOrNone minQty"),
        ticket.oca_type,
        *say.of("triggerMethod volatility volatilityType"),
        *("", ""),  # deltaNeutralOrderType, its price
        *say.of("continuousUpdate referencePriceType trailStopPrice trailingPercent"),
        "",  # comboLegsDescrip
        *(0, 0, 0),
        *say.of("scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement"),
        "",  # hedgeType
        *say.of("clearingAccount"),
        say.text("clearingIntent") or "IB",
        *say.of("notHeld"),
        *(0, ""),  # deltaNeutralContract, algoStrategy
        *say.of("solicited"),
        ticket.state,
        *say.of("randomizeSize randomizePrice"),
        0,  # conditions
        *say.of("trailStopPrice lmtPriceOffset cashQty dontUseAutoPriceForHedge isOmsContainer"),
        "",  # autoCancelDate
        ticket.filled,
        0,  # refFuturesConId
        *say.of("autoCancelParent"),
        *("", 0, 0),  # shareholder, imbalanceOnly, routeMarketableToBbo
        ticket.parent or UNSET_INT,
        when,
        ticket.ended,
        *((UNSET_INT, UNSET_INT, "", "", "") if version >= 170 else ()),
    )


def execution(one: Execution, number: int, when: str, version: int) -> Fields:
    """Message 11; `number` is the request's, or -1 for one that just happened."""
    ticket = one.ticket
    listed = ticket.listed
    return (
        11,
        number,
        ticket.order_id,
        *contract(listed),
        one.exec_id,
        when,
        ticket.account,
        listed.exchange,
        "BOT" if ticket.side > 0 else "SLD",
        one.quantity,
        plain(ticket.price(one.price)),
        ticket.perm_id,
        ticket.client_id,
        0,  # liquidation
        one.cumulated,
        plain(one.average),
        ticket.ref,
        *("", "", ""),  # evRule, evMultiplier, modelCode
        one.liquidity,
        *((0,) if version >= 178 else ()),  # pendingPriceRevision
    )


def commission(one: Execution) -> Fields:
    """Message 59."""
    realized = UNSET_FLOAT if one.realized is None else plain(one.realized)
    currency = one.ticket.listed.currency
    return (59, 1, one.exec_id, plain(one.commission), currency, realized, UNSET_FLOAT, "")


def _parent_id(ticket: Ticket) -> int:
    return int(ticket.entry["parentId"] or 0) if ticket.parent else 0


class _Saying:
    """The fields of an order as they go back to a client."""

    def __init__(self, ticket: Ticket) -> None:
        self._entry = ticket.entry

    def of(self, names: str) -> Fields:
        """Several fields by name."""
        entry = self._entry
        return tuple([entry.get(name, "") for name in _split(names)])

    def text(self, name: str) -> str:
        """One field; empty when it is unset."""
        return self._entry.get(name, "")

    def price(self, name: str) -> str:
        """A price; one that does not belong to the order's type is 0.0, as IB has it."""
        return self._entry.get(name) or "0.0"

    def whole(self, name: str) -> Fields:
        """A field that IB never leaves empty."""
        return (self.text(name) or UNSET_INT,)


@lru_cache
def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split())
