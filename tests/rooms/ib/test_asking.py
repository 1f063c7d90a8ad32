"""Questions: what is an answer, and when there is none."""

import asyncio

import pytest

from adapters.ib.asking import Asking
from bot.domain.order import Known, Unavailable


def busy(seconds: float) -> None:
    """Keep the loop from everything else for so long."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while loop.time() < ends:
        pass


async def the_new_answer(asking: Asking) -> object:
    """What a question gets when the end of an old answer comes before its own."""

    def both() -> None:
        asking.heard("orders", "old")
        asking.ended("orders")
        asking.heard("orders", "new")
        asking.ended("orders")

    answer = await asking.ask("orders", both, 0.5)
    assert isinstance(answer, Known)
    return answer.value


async def test_an_answer_in_time_counts_however_busy_we_were():
    asking, loop = Asking(1, lambda: 0), asyncio.get_running_loop()
    question = asyncio.create_task(asking.ask("orders", lambda: None, 0.02))
    await asyncio.sleep(0)
    loop.call_later(0.005, asking.heard, "orders", "one")
    loop.call_later(0.01, asking.ended, "orders")
    loop.call_soon(busy, 0.05)
    answer = await question
    assert isinstance(answer, Known)
    assert answer.value == ("one",)
    # and it is not taken for one that is still owed
    question = asyncio.create_task(asking.ask("orders", lambda: asking.ended("orders"), 0.5))
    assert isinstance(await question, Known)


async def test_what_was_given_up_is_not_the_next_ones_answer():
    asking = Asking(1, lambda: 0)
    assert isinstance(await asking.ask("orders", lambda: None, 0.01), Unavailable)

    assert await the_new_answer(asking) == ("new",)


async def test_nobody_who_did_not_ask_is_answered():
    asking = Asking(1, lambda: 0)
    assert not asking.heard("orders", "one")
    assert not asking.ended("orders")
    assert not asking.failed("orders", "rejected", "no")


async def test_a_cut_answers_everything_that_is_open_and_everything_after_it():
    asking = Asking(1, lambda: 0)
    question = asyncio.create_task(asking.ask("orders", lambda: None))
    await asyncio.sleep(0)
    asking.cut("gone")
    for answer in (await question, await asking.ask("positions", lambda: None)):
        assert isinstance(answer, Unavailable)
        assert (answer.reason, answer.detail) == ("link_down", "gone")


async def test_a_question_whose_answer_is_lost_is_sent_once_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("adapters.ib.asking.AGAIN_S", 0.01)
    asking, sent, loop = Asking(1, lambda: len(sent)), list[int](), asyncio.get_running_loop()

    def send() -> None:
        sent.append(1)
        if len(sent) == 2:
            loop.call_soon(asking.heard, "orders", "one")
            loop.call_soon(asking.ended, "orders")

    answer = await asking.ask("orders", send, 0.5)
    assert isinstance(answer, Known)
    assert (answer.value, answer.asked_ns, len(sent)) == (("one",), 0, 2)


async def test_and_the_answer_that_was_only_slow_is_not_the_next_ones(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("adapters.ib.asking.AGAIN_S", 0.01)
    asking, sent, loop = Asking(1, lambda: 0), list[int](), asyncio.get_running_loop()

    def send() -> None:
        sent.append(1)
        if len(sent) == 2:
            loop.call_soon(asking.ended, "orders")

    assert isinstance(await asking.ask("orders", send, 0.5), Known)
    asking.heard("orders", "old")

    assert await the_new_answer(asking) == ("new",)
