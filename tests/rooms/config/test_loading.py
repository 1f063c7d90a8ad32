"""Settings are found where the manual says, read whole, and every fault is told at once with its line."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from bot.config import duration_ns, instrument, load_bot, load_instruments, load_strategy, read_bot, read_strategy
from bot.errors import ConfigError, InputMissing, UsageError
from bot.resources import shipped

STRATEGY = """
name = "mine"
strategy = "drill"
instrument = "ES"

[bracket]
stop_ticks = 8
target_ticks = 12
contracts = 1
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with a user's configuration folder of its own and no environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("PAPERPIT_CONFIG", raising=False)
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def faults(text: str, place: Path) -> list[tuple[int | None, str, str]]:
    with pytest.raises(ConfigError) as error:
        load_bot(write(place / "bot.toml", text))
    return [(fault.line, fault.key, fault.message) for fault in error.value.faults]


def test_the_shipped_settings_load_without_any_file(place: Path) -> None:
    bot = load_bot()
    assert (bot.adapter, bot.adapters["replay"]) == ("replay", {"tape": "demo"})
    assert [Path(name).name for name in bot.strategies] == ["es-open-absorption.toml"]


def test_flag_wins_over_environment_over_folder_over_user_over_shipped(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = [load_bot().seed]
    write(place / "xdg/paperpit/bot.toml", "seed = 2")
    seeds.append(load_bot().seed)
    write(place / "bot.toml", "seed = 3")
    seeds.append(load_bot().seed)
    monkeypatch.setenv("PAPERPIT_CONFIG", str(write(place / "environment.toml", "seed = 4")))
    seeds.append(load_bot().seed)
    seeds.append(load_bot(write(place / "flag.toml", "seed = 5")).seed)
    assert seeds == [1, 2, 3, 4, 5]


def test_a_named_file_that_is_not_there_is_missing_input(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputMissing, match="--config"):
        load_bot(place / "nowhere.toml")
    monkeypatch.setenv("PAPERPIT_CONFIG", "nowhere.toml")
    with pytest.raises(InputMissing, match="PAPERPIT_CONFIG"):
        load_bot()


def test_every_fault_is_told_at_once_with_its_line_and_the_nearest_key(place: Path) -> None:
    text = '[risk]\nmax_dayly_loss_usd = 300\nmax_open_brackets = "two"\n\n[replay]\nfill_model = "queues"\n'
    assert faults(text, place) == [
        (2, "risk.max_dayly_loss_usd", "unknown key in [risk]"),
        (3, "risk.max_open_brackets", 'needs a number without quotes, got "two"'),
        (6, "replay.fill_model", '"queues" is not one of the choices'),
    ]
    with pytest.raises(ConfigError) as error:
        load_bot()
    assert "did you mean `max_daily_loss_usd`?" in str(error.value)
    assert 'did you mean "queue"?' in str(error.value)
    assert "bot.toml:2: risk.max_dayly_loss_usd" in str(error.value)


def test_text_that_is_no_toml_is_told_with_line_and_column(place: Path) -> None:
    ((line, key, message),) = faults('seed = 1\nadapter = "replay\n', place)
    assert (line, key) == (2, "")
    assert "column" in message


def test_a_file_that_is_no_utf8_is_told_with_its_line(place: Path) -> None:
    (place / "bot.toml").write_bytes(b'seed = 1\nadapter = "\xff"\n')
    with pytest.raises(ConfigError, match=r"bot\.toml:2: this is not UTF-8"):
        load_bot()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[mqtt]\npassword = "hunter2"', "mqtt.password"),
        ('[adapters.ib]\ntoken = "hunter2"', "adapters.ib.token"),
        ('[journal]\nurl = "postgresql://me:hunter2@host/journal"', "journal.url"),
    ],
)
def test_a_secret_in_the_text_is_refused_and_not_repeated(place: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_bot(write(place / "bot.toml", text))
    assert key in [fault.key for fault in error.value.faults]
    assert "_file" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_secrets_file_is_found_beside_the_settings_that_name_it(place: Path) -> None:
    text = '[journal]\nurl_file = "url"\n[adapters.ib]\nkey_file = "/etc/key"\n'
    bot = load_bot(write(place / "deep/bot.toml", text))
    assert bot.journal.url_file == str(place / "deep/url")
    assert bot.adapters["ib"]["key_file"] == "/etc/key"


def test_set_changes_single_values_and_shows_in_the_text(place: Path) -> None:
    write(place / "bot.toml", "# mine\nseed = 1 # a comment\n")
    sets = ["seed=7", "adapters.ib.host=127.0.0.1", "adapters.ib.port=4002", 'risk.max_daily_loss_usd="99.50"']
    loaded = read_bot(None, sets)
    assert loaded.value.seed == 7
    assert loaded.value.adapters["ib"] == {"host": "127.0.0.1", "port": 4002}
    assert loaded.value.risk.max_daily_loss_usd == Decimal("99.50")
    assert loaded.text.startswith("# mine\nseed = 7 # a comment\n")
    assert loaded.hash != read_bot().hash
    recorded = read_bot(text=loaded.text).value
    assert recorded.strategies == ("es-open-absorption.toml",)
    assert recorded.model_copy(update={"strategies": loaded.value.strategies}) == loaded.value


def test_a_wrong_set_is_placed_at_the_flag_and_keeps_the_lines_of_the_file(place: Path) -> None:
    write(place / "bot.toml", "\n\nseeed = 1\n")
    with pytest.raises(ConfigError) as error:
        load_bot(None, ["risk.max_open_brackets=none", "replay.batchh=3"])
    assert [(fault.file, fault.line, fault.key) for fault in error.value.faults] == [
        ("--set risk.max_open_brackets", None, "risk.max_open_brackets"),
        ("--set replay.batchh", None, "replay.batchh"),
        ("bot.toml", 3, "seeed"),
    ]
    with pytest.raises(UsageError, match="KEY=VALUE"):
        load_bot(None, ["seed"])
    with pytest.raises(UsageError, match="not a table"):
        load_bot(None, ["seeed.x=1"])


def test_strategies_are_found_beside_bot_toml_then_by_file_name(place: Path) -> None:
    write(place / "deep/bot.toml", 'strategies = ["own/mine.toml", "users.toml", "drill-es.toml"]')
    write(place / "deep/own/mine.toml", STRATEGY)
    write(place / "xdg/paperpit/strategies/users.toml", STRATEGY)
    assert load_bot(place / "deep/bot.toml").strategies == (
        str(place / "deep/own/mine.toml"),
        str(place / "xdg/paperpit/strategies/users.toml"),
        str(shipped("config/strategies/drill-es.toml")),
    )
    assert load_strategy("somewhere/else/drill-es.toml").name == "drill-es"
    assert load_strategy("drill-es").name == "drill-es"


def test_a_strategy_that_is_not_there_is_a_fault_of_the_file_that_lists_it(place: Path) -> None:
    ((line, key, _),) = faults('seed = 1\nstrategies = [\n  "drill-es.toml",\n  "drill-se.toml",\n]\n', place)
    assert (line, key) == (2, "strategies[1]")
    with pytest.raises(InputMissing, match=r"did you mean drill-es\.toml"):
        load_strategy("drill-se.toml")
    for folder in ("/", ".", "..", ""):
        with pytest.raises(InputMissing, match="is not there"):
            load_strategy(folder)


def test_a_product_that_nobody_knows_is_not_left_out_of_its_group_without_a_word(place: Path) -> None:
    text = "[risk.exposure.stocks]\nweights = { AAPL = 1, TSLAA = 2 }\nmax_usd = 100_000\n"
    ((line, key, message),) = faults(text, place)
    assert (line, key) == (2, "risk.exposure.stocks.weights.TSLAA")
    assert message == "TSLAA is no product of instruments.toml"


def test_a_strategy_in_a_python_file_is_found_beside_its_settings(place: Path) -> None:
    text = STRATEGY.replace('"drill"', '"code/mine.py:Mine"')
    assert load_strategy(write(place / "deep/mine.toml", text)).strategy == f"{place}/deep/code/mine.py:Mine"


def test_a_recorded_text_loads_without_its_file(place: Path) -> None:
    loaded = read_strategy("gone.toml", text=STRATEGY)
    assert (loaded.value.name, loaded.text) == ("mine", STRATEGY)


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("ES", "ES"),
        ("ESZ2026", "ES"),
        ("ESZ26", "ES"),
        ("ESH4", "ES"),
        ("MESU6", "MES"),
        ("CLF7", "CL"),
        ("GCG2027", "GC"),
        ("SPY", "SPY"),
    ],
)
def test_a_contract_is_known_by_its_month_code(name: str, product: str) -> None:
    found = instrument(name)
    assert (found.product, found.contract, found.generic) == (product, name, False)


@pytest.mark.parametrize("name", ["ES", "ESZ2026", "AAPL", "CLF6"])
def test_m01_a_contract_whose_tick_is_not_the_tables_is_refused(name: str) -> None:
    own = instrument(name).tick
    assert instrument(name, own) == instrument(name)
    with pytest.raises(ConfigError, match=r"instruments\.toml says") as refused:
        instrument(name, 2 * own)
    assert f"{2 * own:f}" in str(refused.value)


def test_an_unknown_product_is_a_generic_stock_if_its_tick_is_known() -> None:
    ibm = instrument("IBM", Decimal("0.01"))
    assert (ibm.product, ibm.kind, ibm.calendar, ibm.tick_value, ibm.generic) == (
        "IBM",
        "stock",
        "NYSE",
        Decimal("0.01"),
        True,
    )
    with pytest.raises(ConfigError, match="did you mean SPY"):
        instrument("SPYY")


def test_the_users_table_replaces_the_shipped_one_of_that_product(place: Path) -> None:
    table = shipped("config/instruments.toml").read_text().partition("[ES]")[2].partition("[MES]")[0]
    write(place / "instruments.toml", "[ES]" + table.replace("max_position = 2", "max_position = 1"))
    assert (instrument("ES").max_position, instrument("NQ").max_position) == (1, 2)
    write(
        place / "far/instruments.toml", "[ES]" + table.replace("max_order = 1", "max_order = 2").replace("500", "1000")
    )
    assert instrument("ESZ2026", folder=place / "far").max_order == 2
    two = write(place / "far/deep/two.toml", STRATEGY.replace("contracts = 1", "contracts = 2"))
    assert load_strategy(two, place / "far").bracket.contracts == 2
    with pytest.raises(ConfigError, match="QTY"):
        load_strategy(two)


def test_the_shipped_products_are_those_of_the_manual() -> None:
    assert list(load_instruments()) == ["ES", "MES", "NQ", "MNQ", "CL", "GC", "SPY", "AAPL", "TSLA"]
    assert (instrument("ES").tick_value, instrument("CL").events[-1]) == (Decimal("12.50"), "eia")


def test_faults_of_instruments_are_told_with_product_and_line(place: Path) -> None:
    text = shipped("config/instruments.toml").read_text()
    broken = text.replace('tick_value = "12.50"', 'tick_value = "12.5O"').replace("collar_ticks = 60", "collar = 60", 1)
    write(place / "instruments.toml", "top = 1\n" + broken)
    with pytest.raises(ConfigError) as error:
        load_instruments()
    lines = ("top = 1\n" + broken).splitlines()
    told = {fault.key: lines[(fault.line or 0) - 1] for fault in error.value.faults}
    assert told == {
        "top": "top = 1",
        "ES.tick_value": 'tick_value = "12.5O"',
        "NQ.collar": "collar = 60",
        "NQ.collar_ticks": "[NQ] # E-mini Nasdaq-100",
    }


@pytest.mark.parametrize("text", ["15", "m", "1.5", "-1m", "1 m", ""])
def test_a_duration_without_a_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unit"):
        duration_ns(text)


def test_settings_load_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from bot.config import instrument, load_bot; load_bot(); instrument('ES');"
        "heavy = {'numba','pandas','sqlalchemy','pyarrow','pandas_market_calendars','tomlkit'} & set(sys.modules);"
        "raise SystemExit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
