"""What doctor says about a gateway, part by part, over a real socket."""

import socket
from decimal import Decimal
from typing import Any

from adapters.ib.doctor import doctor
from adapters.ib.link import Waits
from adapters.ib.params import Params
from bot.config import instrument
from bot.domain.finding import Finding
from bot.ports import AdapterNeeds
from tests.gateways import gateway

HASTE = Waits(greeting=1.0, answer=2.0, held=0.05, held_in_all=0.1, clock_step=0.05)


def needs(*products: str) -> AdapterNeeds:
    return AdapterNeeds("", lambda name, tick: instrument(name, tick and Decimal(tick)), products=products)


async def told(port: int, *products: str, **params: Any) -> list[Finding]:
    return [one async for one in doctor(Params(port=port, **params), needs(*products), HASTE)]


def levels(findings: list[Finding]) -> dict[str, str]:
    worst = {"ok": 0, "warn": 1, "fail": 2}
    found: dict[str, str] = {}
    for one in findings:
        found[one.check] = max(found.get(one.check, "ok"), one.level, key=worst.__getitem__)
    return found


async def test_a_gateway_that_is_well_has_every_line_green() -> None:
    async with gateway(tapes=("demo",)) as far:
        found = await told(far.port, "ES")
    assert levels(found) == dict.fromkeys(
        ("gateway", "account", "clock", "contracts", "tick-rules", "market-data"), "ok"
    ), found
    assert all(not one.hint for one in found)


async def test_a_port_where_nobody_listens_is_red_and_says_which_ports_there_are() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (one,) = await told(taken.getsockname()[1], "ES")
    assert (one.check, one.level) == ("gateway", "fail")
    assert "4002" in one.hint


async def test_a_gateway_that_never_answers_is_red() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        (one,) = await told(mute.getsockname()[1], "ES")
    assert (one.check, one.level) == ("gateway", "fail")
    assert "does not answer" in one.message


async def test_a_live_account_is_red_and_named() -> None:
    async with gateway(tapes=("demo",), account="U1234567") as far:
        found = await told(far.port, "ES")
    assert levels(found) == {"gateway": "ok", "account": "fail"}
    assert "U1234567" in found[-1].message


async def test_two_products_for_three_subscriptions_are_amber() -> None:
    async with gateway(tapes=("demo",)) as far:
        found = await told(far.port, "ES", "NQ", tick_by_tick=3)
    assert any("needs 4, the account has 3" in one.message for one in found if one.check == "market-data")
