"""What fails is tried again after twice as long, at most a minute; after a try that lasted, from the beginning."""

from bot.backoff import Backoff


def test_each_wait_is_twice_the_one_before_up_to_a_minute() -> None:
    backoff = Backoff(first_s=1.0)
    waits = []
    for _ in range(8):
        backoff.begin()
        waits.append(backoff.wait_s())
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_after_a_try_that_lasted_they_begin_anew() -> None:
    backoff = Backoff(sound_s=3600)
    assert [backoff.wait_s(), backoff.wait_s()] == [1, 2]
    assert not backoff.lasted
    # when a try counts as sound at once
    backoff.sound_s = -1
    assert backoff.lasted
    assert [backoff.wait_s(), backoff.wait_s()] == [1, 1]
