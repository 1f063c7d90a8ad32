"""A maker's messages leave half of the minute to others; what hedges its fills may use that as well."""

from bot.orders.throttle import Throttle


def test_a_hedge_may_leave_when_no_quote_may() -> None:
    throttle = Throttle(10)
    for _ in range(5):
        assert throttle.quote(0)
        throttle.entry(0, 1)
    assert (throttle.quote(0), throttle.quote(0, hedge=True)) == (False, True)
    for _ in range(5):
        throttle.entry(0, 1)
    assert not throttle.quote(0, hedge=True)
