"""A [hedge] that cannot be one is refused with what is wrong, where, and what would do."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.app import app
from bot.config.loader import judge_strategy
from bot.errors import Fault
from tests.hedged import HEDGE, allowing, hedged
from tests.laws.test_quotes import MAKER
from tests.playing import strategy
from tests.rooms.config.test_loading import STRATEGY

MES = '[hedge]\ninstrument = "MES"\nstop_ticks = 40\n'


def judged(folder: Path, hedge: str, instrument: str = "ES", most: int = 1, stop: int = 5) -> list[Fault]:
    text = MAKER.format(instrument=instrument, model="literature", most=most)
    text = text.replace("stop_ticks = 5", f"stop_ticks = {stop}")
    return list(judge_strategy(text + hedge, "mine.toml", folder, folder)[1])


def test_es_by_ten_mes_passes_where_so_many_may_be_had(tmp_path: Path) -> None:
    allowing(tmp_path)
    assert judged(tmp_path, MES, most=2) == []


@pytest.mark.parametrize(
    ("hedge", "key", "words"),
    [
        ('instrument = "ES"\nstop_ticks = 40', "hedge.instrument", "ES against itself is no hedge"),
        ('instrument = "MESZ2026"\nstop_ticks = 40', "hedge.instrument", "is a contract of MES"),
        ('instrument = "XYZ"\nstop_ticks = 40', "hedge.instrument", "XYZ is not in instruments.toml"),
        ('instrument = "NQ"\nstop_ticks = 40', "hedge", "NQ is no micro of ES"),
        ('instrument = "MES"\nstop_ticks = 41', "hedge.stop_ticks", "a stop of 41 ticks is none that MES may have"),
        ('instrument = "MES"\nstop_ticks = 40\nreach_ticks = 17', "hedge.reach_ticks", "beyond MES's collar_ticks"),
        ('instrument = "MES"\nstop_ticks = 40\nratio = "0"', "hedge.ratio", "more than 0"),
        ('instrument = "MES"\nstop_ticks = 40\nratio = "-10"', "hedge.ratio", "more than 0"),
        ('instrument = "MES"\nstop_ticks = 40\nthreshold = "0.4"', "hedge.threshold", "at least 0.5"),
        ('instrument = "MES"\nstop_ticks = 40\nratio = "0.1"', "hedge.threshold", "nothing is ever hedged"),
        ('instrument = "MES"\nstop_ticks = 40\nratio = "21"', "hedge.ratio", "want 21 MES, more than its max_position"),
        ('instrument = "MES"', "hedge.stop_ticks", "this key is missing"),
    ],
)
def test_what_is_no_hedge_is_refused(tmp_path: Path, hedge: str, key: str, words: str) -> None:
    allowing(tmp_path)
    (fault,) = judged(tmp_path, f"[hedge]\n{hedge}\n")
    assert (fault.level, fault.key) == ("error", key)
    assert words.lower() in fault.message.lower()


def test_another_currency_is_none(tmp_path: Path) -> None:
    allowing(tmp_path)
    file = tmp_path / "instruments.toml"
    head, table = file.read_text().split("[MES]")
    file.write_text(f'{head}[MES]\ncurrency = "EUR"{table}')
    (fault,) = judged(tmp_path, MES)
    assert "ES is traded in USD and MES in EUR" in fault.message


def test_shipped_limits_are_too_small_for_ten_of_them_and_it_says_where_they_are_raised(tmp_path: Path) -> None:
    (fault,) = judged(tmp_path, MES)
    assert "1 ES want 10 MES, more than its max_position" in fault.message
    assert fault.do == "[MES] max_position = 10 in an instruments.toml beside your bot.toml"


def checked(folder: Path, spec: Path, *sets: str) -> str:
    """What `check` says of a bot.toml with this one strategy."""
    config = allowing(folder)
    lines = [f"--set={one}" for one in ("calendar=none", *sets)]
    text = config.read_text()
    start, end = text.index("strategies = "), text.index("]", text.index("strategies = ")) + 1
    config.write_text(f'{text[:start]}strategies = ["{spec}"]{text[end:]}')
    return CliRunner().invoke(app, ["check", "--config", str(config), *lines]).output


def test_check_names_the_market_that_has_no_data_of_the_hedge(tmp_path: Path) -> None:
    spec = hedged(tmp_path)
    told = checked(tmp_path, spec, "adapter=replay", "adapters.replay.tape=demo")
    assert "there is no data of MES, which hedges maker-law: the market has ES" in told
    assert "no data" not in checked(tmp_path, spec, "adapter=synthetic", 'adapters.synthetic.instrument=["ES","MES"]')
    assert "no data" in checked(tmp_path, spec, "adapter=synthetic", "adapters.synthetic.instrument=ES")


def test_only_a_makers_inventory_is_hedged(tmp_path: Path) -> None:
    spec = strategy(tmp_path, STRATEGY + HEDGE.format(patience="5s"))
    told = checked(tmp_path, spec, "adapter=synthetic", 'adapters.synthetic.instrument=["ES","MES"]')
    assert "strategy drill has a [hedge] and sends no quotes" in told
