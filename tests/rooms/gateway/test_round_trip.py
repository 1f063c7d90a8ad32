"""What a client writes into an order comes back to it, field by field, whichever client and version it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ib_async import Order

from adapters.gateway.order_entry import Unreadable, parse
from tests.rooms.gateway.pit import ACCOUNT, FUTURE, Desk, Pit
from tests.tapes import Tape


def names(text: str) -> list[str]:
    return text.split()


TEXTS = names(
    "goodAfterTime goodTillDate faGroup faMethod faPercentage modelCode rule80A settlingFirm designatedLocation"
    " clearingAccount clearingIntent adjustedOrderType"
)
NUMBERS = names(
    "discretionaryAmt percentOffset startingPrice stockRefPrice delta stockRangeLower stockRangeUpper trailStopPrice"
    " trailingPercent triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount"
    " cashQty"
)
COUNTS = names(
    "origin shortSaleSlot exemptCode auctionStrategy displaySize minQty triggerMethod volatilityType"
    " referencePriceType scaleInitLevelSize scaleSubsLevelSize adjustableTrailingUnit duration postToAts"
)
FLAGS = names(
    "outsideRth hidden blockOrder sweepToFill allOrNone continuousUpdate optOutSmartRouting notHeld solicited"
    " randomizeSize randomizePrice dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice"
    " usePriceMgmtAlgo autoCancelParent"
)


def desk() -> Desk:
    return Pit(Tape().quote("4200.50", "4200.75").rows(), "ib-paper").play(1).client().forget()


def told(client: Desk, order: Order) -> Order:
    """The order as openOrder has it."""
    client.library.placeOrder(client.next_id(), FUTURE, order)
    return client.told("openOrder")[-1][2]


def plain(**said: object) -> Order:
    return Order(action="BUY", totalQuantity=1, orderType="LMT", lmtPrice=4199.5, account=ACCOUNT, tif="GTC", **said)


def test_every_field_comes_back_where_it_belongs() -> None:
    said: dict[str, object] = {name: f"t{number}" for number, name in enumerate(TEXTS)}
    said |= {name: 1.25 + number for number, name in enumerate(NUMBERS)}
    said |= {name: 3 + number for number, name in enumerate(COUNTS)}
    said |= dict.fromkeys(FLAGS, True)
    said |= {"orderRef": "r/entry", "openClose": "C", "ocaGroup": "g", "ocaType": 2}
    back = told(desk(), plain(**said))
    assert {name: getattr(back, name) for name in said} == said
    assert (back.action, back.totalQuantity, back.orderType, back.lmtPrice, back.tif) == (
        "BUY",
        1,
        "LMT",
        4199.5,
        "GTC",
    )
    assert (back.clientId, back.account) == (17, ACCOUNT)


@settings(max_examples=50, deadline=None)
@given(flags=st.sets(st.sampled_from(FLAGS)), counts=st.dictionaries(st.sampled_from(COUNTS), st.integers(1, 999)))
def test_no_field_spoils_another(flags: set[str], counts: dict[str, int]) -> None:
    back = told(desk(), plain(**dict.fromkeys(flags, True), **counts))
    assert {name for name in FLAGS if getattr(back, name)} == flags
    assert {name: getattr(back, name) for name in COUNTS if name in counts} == counts


def test_a_plain_order_has_its_135_fields() -> None:
    client = desk()
    told(client, plain())
    (fields,) = [one for one in client.raw if one[0] == "5"]
    assert len(fields) == 135


@pytest.mark.parametrize("version", [157, 159, 161, 163, 167, 171, 177, 178])
def test_older_versions_are_read_and_spoken(version: int) -> None:
    client = desk()
    client.version = client.library._serverVersion = client.library.decoder.serverVersion = version
    back = told(client, plain(orderRef="r", autoCancelParent=True, duration=7, postToAts=3, faPercentage="5"))
    assert (back.orderRef, back.lmtPrice, back.faPercentage) == ("r", 4199.5, "5")
    assert back.duration == (7 if version >= 159 else Order().duration)
    assert back.autoCancelParent == (version >= 162)
    assert client.last(back.orderId)[1] == "Submitted"


def test_what_openorder_tells_can_be_sent_again() -> None:
    client = desk()
    back = told(client, plain(orderRef="r"))
    back.lmtPrice = 4199.75
    client.library.placeOrder(back.orderId, FUTURE, back)
    assert client.errors() == []
    assert client.told("openOrder")[-1][2].lmtPrice == 4199.75


@pytest.mark.parametrize("unset", ["", "1.7976931348623157e+308", "1.7976931348623157E308"])
def test_unset_is_unset_in_any_clients_words(unset: str) -> None:
    client = desk()
    client.library.placeOrder(1, FUTURE, plain())
    (sent,) = [list(one) for one in client.sent if one[0] == "3"]
    assert len(sent) == 114
    sent[1] = "2"
    for place, field in enumerate(sent):
        if place in (20, 51, 56, 57, 58, 59, 60, 68, 69):
            assert field == "", place
            sent[place] = unset
    for place in (50, 70, 71):
        sent[place] = "2147483647"
    client.pit.exchange.request(client, sent)
    one, two = (args[2] for args in client.told("openOrder"))
    two.orderId, two.permId = one.orderId, one.permId
    assert repr(one) == repr(two)


@pytest.mark.parametrize("count", [0, 1, 2, 20, 113, 115])
def test_too_few_or_too_many_fields_are_no_order(count: int) -> None:
    client = desk()
    client.library.placeOrder(1, FUTURE, plain())
    (sent,) = [list(one) for one in client.sent if one[0] == "3"]
    with pytest.raises(Unreadable):
        parse([*sent, "", "", ""][:count] if count else ["3", "1"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=6), max_size=130))
def test_nonsense_is_refused_and_harms_nobody(fields: list[str]) -> None:
    client = desk()
    assert client.pit.exchange.request(client, ["3", *fields])
    assert client.told("openOrder") == []
    assert len(client.errors()) == 1
