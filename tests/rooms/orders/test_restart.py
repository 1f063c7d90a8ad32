"""A desk that dies and is started again takes up what it had, never sends what it had not, and doubles nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot import faults
from bot.domain.command import KILL, pause_key
from bot.domain.order import BracketState as S
from bot.domain.order import CommissionReport, OrderState
from bot.errors import ConfigError, Unreachable
from bot.journal import lists, rows
from bot.journal.check import check
from bot.journal.filters import Filters
from bot.journal.fold import fold
from bot.journal.place import place
from bot.journal.reading import reading
from tests.rooms.orders.far import ACCOUNT, SECOND, Desk, Far


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'journal.db'}"


async def crashed(url: str, far: Far, filled: bool = True, quantity: int = 1) -> str:
    """A run that dies with a bracket at the broker; gives the bracket's id."""
    desk = await Desk.open(url, far).start()
    live = await (desk.open_one(quantity) if filled else desk.place(quantity))
    desk.die()
    return live.bracket.id


async def again(url: str, far: Far) -> Desk:
    """The next run."""
    far.connection += 1
    return await Desk.open(url, far).start()


async def test_the_rest_of_an_entry_whose_exits_have_filled_is_cancelled_by_the_next_run(url: str) -> None:
    far = Far()
    desk = await Desk.open(url, far).start()
    live = await desk.place(3)
    far.ack()
    far.fill("entry", 2)
    await desk.hear()
    # when it dies as the exit fills
    far.fill("target", 2, say=False)
    desk.die()
    desk = await again(url, far)
    assert "cancel entry" in far.told
    far.end("entry")
    await desk.hear()
    assert {one.bracket.id: one.state for one in desk.orders.live}.get(live.bracket.id, S.CLOSED) is S.CLOSED
    desk.die()


async def test_a_position_is_protected_by_the_same_stop_after_a_crash(url: str) -> None:
    # given an entry that has filled, and a desk that was killed
    far = Far()
    bracket_id = await crashed(url, far)
    told = list(far.told)
    # when it is started again
    desk = await again(url, far)
    # then nothing is sent, and the bracket is what it was
    (live,) = desk.orders.live
    assert live.bracket.id == bracket_id
    assert live.state is S.OPEN
    assert far.told == told
    assert desk.orders.position(0) == 1
    assert "reconciled" not in desk.refused
    assert len(desk.read(rows.Fill)) == 1
    # when the old stop fills
    far.fill("stop")
    far.end("target")
    await desk.hear()
    far.said.append(CommissionReport("x2", "2.25", "USD"))
    await desk.hear()
    # then the old bracket is closed by the new run, and the journal is whole
    assert live.state is S.CLOSED
    assert desk.orders.round_trips == 1
    desk.die()
    with reading(place(url)) as reader:
        first, second = reader.runs
        (trip,) = lists.list_round_trips(reader, [first], Filters())
        assert (trip["id"], trip["exit_reason"], trip["run"]) == (bracket_id, "stop", first.run)
        assert lists.list_round_trips(reader, [second], Filters()) == []
        assert [fill["run"] for fill in lists.list_fills(reader, reader.runs, Filters())] == [first.run, second.run]
        assert lists.list_fills(reader, [second], Filters())[0]["commission"] == "2.25"
        assert check(reader) == []


async def test_what_leaves_after_a_crash_says_beside_which_old_orders_it_stands(url: str) -> None:
    """An exit that filled as well as the old stop would turn the position over."""
    far = Far()
    await crashed(url, far)
    desk = await again(url, far)
    await desk.orders.flatten(far.now, "operator")
    assert [far.beside[name] for name in far.beside] == [{"stop", "target", "flatten"}]
    desk.die()


async def test_an_execution_that_was_taken_back_is_told_again_after_a_crash_and_is_known(url: str) -> None:
    # given an execution that was corrected to nothing
    far = Far()
    desk = await Desk.open(url, far).start()
    await desk.open_one()
    (entry,) = far.fills
    far.fills.append(replace(entry, exec_id="x1.02", quantity=0, corrects=entry.exec_id))
    far.position = 0
    far.said.append(far.fills[-1])
    await desk.hear()
    (first,) = [row for row in desk.read(rows.Fill) if row.corrects]
    desk.die()
    # when the broker tells of it again, as it does after each connection
    desk = await again(url, far)
    far.said.extend(far.fills)
    await desk.hear()
    # then it is nothing new
    assert [row.exec_id for row in desk.read(rows.Fill) if row.corrects] == [first.exec_id]
    desk.die()


async def test_an_execution_after_the_end_that_a_crash_cut_off_wakes_its_bracket(url: str) -> None:
    # given a bracket that has closed, and a kill right after an execution of it was written: its exits filled both
    far = Far()
    desk = await Desk.open(url, far).start()
    live = await desk.open_one()
    far.fill("target")
    await desk.hear()
    assert live.state is S.CLOSED
    far.fill("stop")

    def killed(point: str) -> None:
        if point == "fill-committed":
            raise InterruptedError

    faults.listen(killed)
    with pytest.raises(InterruptedError):
        await desk.hear()
    faults.listen(None)
    desk.die()
    # when the desk is started again
    desk = await again(url, far)
    # then the bracket is alive, counts as open, and what it sold too much is bought back
    (woken,) = desk.orders.live
    assert (woken.bracket.id, woken.share) == (live.bracket.id, -1)
    assert desk.bench.facts()["open_brackets"] == 1
    await desk.wait(1)
    assert far.told[-1] == "flatten 1"
    desk.die()


async def test_a_commission_that_was_told_before_its_execution_counts_after_a_crash(url: str) -> None:
    # given a commission that is heard, and a kill before its execution is
    far = Far()
    desk = await Desk.open(url, far).start()
    await desk.place()
    far.ack()
    entry = far.fill("entry", say=False)
    far.said.append(CommissionReport(entry.exec_id, "1.00", "USD"))
    await desk.hear()
    desk.die()
    # when the desk is started again, and hears of the execution
    desk = await again(url, far)
    # then it costs what was told
    assert desk.bench.gate.facts(0, far.now)["net"] == "-1.00"
    desk.die()


async def test_what_somebody_else_holds_counts_after_a_crash_as_before(url: str) -> None:
    # given a position that somebody else has opened, which is known by two answers
    far = Far()
    desk = await Desk.open(url, far).start()
    far.position = 1
    await desk.snapshot(3)
    assert desk.orders.position(0) == desk.bench.gate.facts(0, far.now)["position"] == 1
    desk.die()
    # when the desk is started again
    desk = await again(url, far)
    # then the gate counts it as the order manager does
    assert desk.orders.position(0) == desk.bench.gate.facts(0, far.now)["position"] == 1
    desk.die()


async def test_an_exit_that_filled_in_between_closes_the_old_bracket_once(url: str) -> None:
    far = Far()
    await crashed(url, far)
    far.fill("target", say=False)
    far.end("stop", say=False)
    desk = await again(url, far)
    assert desk.orders.live == ()
    assert [row.source for row in desk.read(rows.Fill)] == ["live", "live"]
    desk.die()
    desk = await again(url, far)
    assert len(desk.read(rows.Fill)) == 2
    assert desk.notes == ()
    desk.die()


async def test_what_was_journalled_and_never_sent_is_void_and_is_never_sent(url: str) -> None:
    # given an intent that was committed, and a kill before the broker heard of it
    far = Far()
    desk = await Desk.open(url, far).start()

    async def killed(bracket: object) -> None:
        raise InterruptedError

    far.place, heard = killed, far.place  # type: ignore[method-assign,assignment]
    with pytest.raises(InterruptedError):
        await desk.place()
    desk.die()
    far.place = heard  # type: ignore[method-assign]
    # when the desk is started again
    desk = await again(url, far)
    # then it is asked for while the desk runs, and no entry is taken meanwhile
    assert "reconciled" in desk.refused
    await desk.snapshot()
    assert desk.orders.live
    # and three answers without it are the broker's word
    await desk.snapshot()
    assert desk.orders.live == ()
    assert desk.refused == []
    assert desk.read(rows.BracketEvent)[-1].state == "void"
    assert far.told == []
    desk.die()


async def test_what_was_sent_and_not_answered_is_found_by_its_name(url: str) -> None:
    far = Far()
    await crashed(url, far, filled=False)
    far.ack()
    far.said.clear()
    desk = await again(url, far)
    (live,) = desk.orders.live
    assert live.state is S.WORKING
    assert far.told == ["place"]
    desk.die()


async def test_a_start_tells_of_differences_as_they_came_up_whatever_order_sets_have(url: str) -> None:
    # given brackets of which the broker knows nothing any more
    far = Far()
    desk = await Desk.open(url, far).start()
    for _ in range(3):
        await desk.place()
    desk.die()
    names = list(far.names)
    far.orders.clear()
    # when the desk is started again, it names their orders one after the other
    desk = await again(url, far)
    told = next(row.causes for row in desk.read(rows.ModeChange) if row.mode == "reconciled")
    assert sorted(names, key=lambda name: told.find(f"order {name}:")) == names
    desk.die()


async def test_an_entry_that_outlived_its_time_is_cancelled_at_once(url: str) -> None:
    far = Far()
    await crashed(url, far, filled=False)
    far.ack()
    far.said.clear()
    far.now += 600 * SECOND
    desk = await again(url, far)
    await desk.wait(0)
    assert far.told == ["place", "cancel entry"]
    desk.die()


async def test_a_position_without_a_stop_is_covered_before_anything_else(url: str) -> None:
    far = Far()
    await crashed(url, far)
    far.end("stop", say=False)
    desk = await again(url, far)
    assert far.asked
    await desk.snapshot()
    assert far.told[:2] == ["place", "stop 1"]
    desk.die()


async def test_a_broker_that_does_not_answer_is_no_start(url: str) -> None:
    far = Far()
    await crashed(url, far)
    far.deaf = True
    with pytest.raises(Unreachable):
        await again(url, far)


async def test_a_tape_that_has_stood_still_since_the_crash_makes_no_answer_too_old(url: str) -> None:
    # given a bracket that never reached the broker, and a tape that stands where it stood
    far = Far()
    await crashed(url, far, filled=False)
    far.orders.clear()
    far.standing = True
    desk = await again(url, far)
    await desk.snapshot(2)
    # then the broker's silence counts all the same
    assert desk.orders.live == ()
    desk.die()


async def test_silence_in_the_middle_of_a_start_decides_nothing_and_ends_nothing(url: str) -> None:
    # given a bracket of which nothing ever reached the broker
    far = Far()
    await crashed(url, far, filled=False)
    far.orders.clear()
    # when the broker answers the start's question, and then only every other one
    far.silences.extend([False, True, False, True, False])
    desk = await again(url, far)
    await desk.snapshot(3)
    assert desk.orders.live
    # then it is still asked often enough to know
    await desk.snapshot()
    assert desk.orders.live == ()
    assert far.told == ["place"]
    desk.die()


async def test_a_bracket_in_another_contract_is_not_taken_for_this_one(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = Far()
    await crashed(url, far)
    desk = Desk.open(url, far)
    monkeypatch.setattr(desk.orders.recovery, "_products", ("NQ",))
    with pytest.raises(ConfigError, match="no strategy here trades ES"):
        await desk.start()
    desk.die()


async def test_the_days_loss_kill_switch_and_pauses_survive(url: str) -> None:
    far = Far()
    desk = await Desk.open(url, far).start()
    for _ in range(2):
        await desk.open_one()
        far.fill("stop", price=16780)
        far.end("target")
        await desk.hear()
    desk.journal.control(KILL, True, far.now, "by hand")
    desk.journal.control(pause_key("", "ES"), True, far.now, "lunch")
    desk.journal.control(pause_key("other", ""), True, far.now, "")
    desk.journal.control(pause_key("other", ""), False, far.now, "")
    desk.journal.commit()
    before = desk.bench.facts()
    desk.die()
    desk = await again(url, far)
    assert desk.bench.facts() == before
    assert before["brackets_today"] == 2
    assert {"kill_switch", "pause", "daily_loss"} <= set(desk.refused)
    desk.die()


async def test_a_private_account_and_a_first_start_have_no_past(url: str) -> None:
    assert fold(url, account="REPLAY-x").brackets == ()
    assert fold(url, account=ACCOUNT).brackets == ()
    far = Far()
    await crashed(url, far)
    assert fold(url, account="REPLAY-x").brackets == ()
    assert fold(url, account="DU7").brackets == ()
    past = fold(url, adapter="ib")
    assert past.account == ACCOUNT
    assert past.held == {"ES": "ESM2023"}
    assert past.trading == ("ES",)
    assert list(past.broker_ids.values()) == ["p2", "p3"]  # the entry has filled
    assert past.last_broker_id == "p3"
    assert past.positions == {("ES", "ESM2023"): 1}


async def test_an_order_of_ours_that_belongs_to_nothing_is_cancelled_unless_it_protects(url: str) -> None:
    far = Far()
    desk = await Desk.open(url, far).start()
    await desk.place()
    far.ack()
    await desk.hear()
    far.end("entry")
    await desk.hear()  # the children live on at the broker
    desk.die()
    desk = await again(url, far)
    assert sorted(far.told[1:]) == ["cancel stop", "cancel target"]
    desk.die()


async def test_starting_again_and_again_changes_nothing(url: str) -> None:
    far = Far()
    await crashed(url, far)
    for _ in range(3):
        desk = await again(url, far)
        assert desk.orders.live[0].state is S.OPEN
        assert len(desk.read(rows.BrokerOrder)) == 3
        desk.die()
    assert far.told == ["place"]
    assert far.orders[far.name("stop")].state is OrderState.WORKING
