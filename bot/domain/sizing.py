"""How many units a bracket may be: a fixed number, or what a sum of money at risk buys after costs."""

from decimal import Decimal

from bot.domain.decision import Fact, Reason
from bot.domain.instrument import Instrument


def round_trip_cost(instrument: Instrument) -> Decimal:
    """What one unit pays when its stop is hit: commission in and out, and the slippage of the stop."""
    return 2 * instrument.commission + instrument.money(instrument.slippage_ticks)


def size(
    instrument: Instrument, risk_ticks: int, *, contracts: int | None, risk_usd: Decimal | None
) -> tuple[int, Reason | None]:
    """Units of a bracket whose stop is `risk_ticks` away; with a Reason (`SIZE_ZERO`) when there are none.

    floor(risk_usd / (risk_ticks × tick value + costs)), never more than the instrument's largest order.
    """
    if contracts is not None:
        return contracts, None
    assert risk_usd is not None, "the settings' judge lets no bracket through without a size"
    cost, move = round_trip_cost(instrument), instrument.money(risk_ticks)
    units = min(int(risk_usd / (move + cost)), instrument.max_order)
    if units > 0:
        return units, None
    message = (
        f"{risk_usd} {instrument.currency} at risk buys no unit of {instrument.product}: "
        f"{risk_ticks} ticks × {instrument.tick_value} + {cost} costs = {move + cost} a unit"
    )
    facts: dict[str, Fact] = {
        "risk": str(risk_usd),
        "risk_ticks": risk_ticks,
        "unit": str(move + cost),
        "costs": str(cost),
    }
    return 0, Reason("SIZE_ZERO", message, facts)
