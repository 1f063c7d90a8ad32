"""Message 3, placeOrder: its fields by name, from any client of server version 157 to 178.

Source: TWS API, as ib_async 2.1.0 and IB's own client write it. The two differ in how they say "unset" only: an empty
field, 2147483647, or 1.7976931348623157e+308.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation


def _names(text: str) -> list[str]:
    return text.split()


CONTRACT = _names(
    "conId symbol secType lastTradeDateOrContractMonth strike right multiplier exchange primaryExchange currency"
    " localSymbol tradingClass"
)
"""The twelve fields that name a contract in every request."""
_BEFORE_LEGS = _names(
    "secIdType secId action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef"
    " transmit parentId blockOrder sweepToFill displaySize triggerMethod outsideRth hidden"
)
_AFTER_LEGS = _names("sharesAllocation discretionaryAmt goodAfterTime goodTillDate faGroup faMethod faPercentage")
_AFTER_PROFILE = _names(
    "modelCode shortSaleSlot designatedLocation exemptCode ocaType rule80A settlingFirm allOrNone minQty percentOffset"
    " eTradeOnly firmQuoteOnly nbboPriceCap auctionStrategy startingPrice stockRefPrice delta stockRangeLower"
    " stockRangeUpper overridePercentageConstraints volatility volatilityType deltaNeutralOrderType"
    " deltaNeutralAuxPrice"
)
_NEUTRAL = _names(
    "deltaNeutralConId deltaNeutralSettlingFirm deltaNeutralClearingAccount deltaNeutralClearingIntent"
    " deltaNeutralOpenClose deltaNeutralShortSale deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation"
)
_AFTER_NEUTRAL = _names(
    "continuousUpdate referencePriceType trailStopPrice trailingPercent scaleInitLevelSize scaleSubsLevelSize"
    " scalePriceIncrement"
)
_SCALE = _names(
    "scalePriceAdjustValue scalePriceAdjustInterval scaleProfitOffset scaleAutoReset scaleInitPosition"
    " scaleInitFillQty scaleRandomPercent"
)
_AFTER_HEDGE = _names("optOutSmartRouting clearingAccount clearingIntent notHeld deltaNeutralContract")
_AFTER_ALGO = _names("algoId whatIf orderMiscOptions solicited randomizeSize randomizePrice")
_LAST = _names(
    "adjustedOrderType triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount"
    " adjustableTrailingUnit extOperator softDollarTier.name softDollarTier.val cashQty mifid2DecisionMaker"
    " mifid2DecisionAlgo mifid2ExecutionTrader mifid2ExecutionAlgo dontUseAutoPriceForHedge isOmsContainer"
    " discretionaryUpToLimitPrice usePriceMgmtAlgo"
)
_SINCE = (
    (158, "duration"),
    (160, "postToAts"),
    (162, "autoCancelParent"),
    (166, "advancedErrorOverride"),
    (169, "manualOrderTime"),
)
_UNSET = frozenset({"", "2147483647", "1.7976931348623157e+308", "1.7976931348623157E308", "9223372036854775807"})

_WORDS = frozenset({"orderRef", "ocaGroup", "account"})


class Unreadable(ValueError):
    """The fields of a request do not make sense; its text is for the client."""


def unset(text: str) -> bool:
    """Whether a numeric field says nothing, in any client's words."""
    return text in _UNSET


def number(text: str) -> Decimal | None:
    """The value of a numeric field; None when it is unset. Raises Unreadable when it is no number."""
    if unset(text):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise Unreadable(f"'{text}' is not a number") from None
    if not value.is_finite():
        raise Unreadable(f"'{text}' is not a number")
    return value


def whole(text: str) -> int:
    """The value of a field that counts; 0 when it is unset. Raises Unreadable when it is no whole number."""
    value = number(text) or Decimal(0)
    if value != value.to_integral_value():
        raise Unreadable(f"'{text}' is not a whole number")
    return int(value)


def parse(fields: Sequence[str], version: int = 178) -> dict[str, str]:
    """The fields of one message 3 by the names of the TWS API; what is unset, in any client's words, is empty.

    `extras` names what the exchange does not offer. Raises Unreadable when fields are missing or left over.
    """
    rest = iter(fields[1:])
    entry: dict[str, str] = {}
    try:
        entry["orderId"] = next(rest)
        extras = _read(rest, entry, version)
    except StopIteration:
        raise Unreadable(f"the order ends after {len(fields)} fields") from None
    left = sum(1 for _ in rest)
    if left:
        raise Unreadable(f"{left} fields too many in the order")
    for name, value in entry.items():
        if value in _UNSET and name not in _WORDS:
            entry[name] = ""
    entry["extras"] = " ".join(extras)
    return entry


def _read(rest: Iterator[str], entry: dict[str, str], version: int) -> list[str]:
    def take(names: Sequence[str]) -> None:
        for name in names:
            entry[name] = next(rest)

    extras: list[str] = []
    take(CONTRACT)
    take(_BEFORE_LEGS)
    if entry["secType"] == "BAG":
        extras.append("combination")
        _skip_list(rest, 8)
        _skip_list(rest, 1)
        _skip_list(rest, 2)
    take(_AFTER_LEGS)
    if version < 177:
        take(["faProfile"])
    take(_AFTER_PROFILE)
    if entry["deltaNeutralOrderType"]:
        # The word None comes back from clients that send again what openOrder told them.
        extras += ["delta-neutral"] if entry["deltaNeutralOrderType"] != "None" else []
        take(_NEUTRAL)
    take(_AFTER_NEUTRAL)
    if (number(entry["scalePriceIncrement"]) or 0) > 0:
        extras.append("scale")
        take(_SCALE)
    take(["scaleTable", "activeStartTime", "activeStopTime", "hedgeType"])
    if entry["hedgeType"]:
        extras.append("hedge")
        take(["hedgeParam"])
    take(_AFTER_HEDGE)
    if entry["deltaNeutralContract"] == "1":
        take(["deltaNeutralContract.conId", "deltaNeutralContract.delta", "deltaNeutralContract.price"])
    take(["algoStrategy"])
    if entry["algoStrategy"]:
        extras.append("algorithm")
        _skip_list(rest, 2)
    take(_AFTER_ALGO)
    return extras + _read_end(rest, entry, version)


def _read_end(rest: Iterator[str], entry: dict[str, str], version: int) -> list[str]:
    extras: list[str] = []
    kind = entry["orderType"].replace(" ", "")
    if kind == "PEGBENCH":
        extras.append("peg")
        for _ in range(5):
            next(rest)
    entry["conditions"] = next(rest)
    if whole(entry["conditions"]):
        # How many fields a condition has depends on its kind: what follows cannot be told apart, nor is it wanted.
        extras.append("conditions")
        names = [*_LAST, *(name for since, name in _SINCE if version >= since)]
        entry.update(zip(names, list(rest)[-len(names) :], strict=False))
        return extras
    for name in [*_LAST, *(name for since, name in _SINCE if version >= since)]:
        entry[name] = next(rest)
    if version >= 170:
        if entry["exchange"] == "IBKRATS":
            entry["minTradeQty"] = next(rest)
        if kind in ("PEGBEST", "PEGMID"):
            extras.append("peg")
            for _ in rest:
                continue
    return extras


def _skip_list(rest: Iterator[str], width: int) -> None:
    for _ in range(whole(next(rest)) * width):
        next(rest)
