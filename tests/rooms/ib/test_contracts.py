"""What a gateway says of a contract, held against what we know: all of it or nothing is traded."""

from dataclasses import replace
from typing import Any

import pytest
from ib_async.contract import Contract, ContractDetails
from ib_async.objects import PriceIncrement

from adapters.ib.asking import Answer
from adapters.ib.contracts import Resolved, resolve
from adapters.ib.link import Link
from adapters.ib.params import Params
from bot.config import instrument
from bot.domain.order import Known, Unavailable
from bot.errors import ConfigError
from bot.ports import AdapterNeeds

NOW = 1_795_000_000 * 10**9  # 18 November 2026
ES = Contract(conId=1, symbol="ES", secType="FUT", exchange="CME", currency="USD", multiplier="50")
DETAILS = ContractDetails(
    contract=ES,
    minTick=0.25,
    validExchanges="CME,QBALGO",
    marketRuleIds="67,68",
    priceMagnifier=1,
    contractMonth="202612",
    realExpirationDate="20261218",
    timeZoneId="US/Central",
    liquidHours="20261127:0830-20261127:1200;20261128:CLOSED",
)


class Told(Link):
    """A link whose gateway says one thing."""

    def __init__(self, details: ContractDetails, *rule: tuple[float, float]) -> None:
        super().__init__(Params())
        self._details, self._rule = details, [PriceIncrement(*row) for row in rule]

    async def contract_details(self, contract: Contract) -> Answer:
        """The details of the test."""
        return Known((self._details,), NOW, NOW)

    async def market_rule(self, rule: int) -> Answer:
        """The rule of the test, if it is asked for by the exchange's number."""
        return Known((self._rule,), NOW, NOW) if self._rule and rule == 67 else Unavailable("timeout")


async def resolved(*rule: tuple[float, float], contract: dict[str, Any] | None = None, **changes: Any) -> Resolved:
    details = replace(DETAILS, contract=replace(ES, **(contract or {})), **changes)
    needs = AdapterNeeds("", lambda name, tick: instrument(name, tick), products=("ES",))
    return await resolve(Told(details, *rule), needs, "ES", NOW)


async def test_all_that_is_told_agrees() -> None:
    found = await resolved((0.0, 0.25))
    assert (found.instrument.contract, found.contract.conId, found.rolls) == ("ESZ2026", 1, "2026-12-10")
    assert len(found.liquid) == 2
    assert found.notes == ()


async def test_without_a_rule_the_smallest_step_stands_in() -> None:
    assert (await resolved()).notes == ()
    with pytest.raises(ConfigError, match=r"tick: the gateway says 0\.5, instruments.toml 0\.25"):
        await resolved(minTick=0.5)


async def test_a_rule_beats_the_smallest_step_and_its_range_is_told() -> None:
    found = await resolved((0.0, 0.05), (100.0, 0.25), minTick=0.05)
    assert found.notes == ("ES: the tick of 0.25 holds from 100 on; an order beyond that is refused",)


async def test_every_difference_is_told_with_both_values() -> None:
    with pytest.raises(ConfigError) as refused:
        await resolved(contract={"multiplier": "5", "currency": "EUR", "exchange": "GLOBEX"}, priceMagnifier=100)
    for words in ("says 5, instruments.toml 50", "says EUR", "says GLOBEX", "counts in 1/100"):
        assert words in str(refused.value)


@pytest.mark.parametrize(
    "odd",
    [
        {"contract": {"multiplier": "fifty"}},
        {"realExpirationDate": "202612"},
        {"realExpirationDate": "20261318"},
        {"contractMonth": "Dec26"},
        {"marketRuleIds": "ten"},
    ],
)
async def test_what_cannot_be_read_is_refused_in_words(odd: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="what the gateway says of ES cannot be read"):
        await resolved(**odd)


async def test_hours_that_cannot_be_read_leave_the_calendars() -> None:
    found = await resolved(liquidHours="from nine to five")
    assert found.liquid == ()
    assert "liquid hours cannot be read" in found.notes[0]
