"""What Prometheus and Grafana are given can be read, and asks for nothing that no desk has.

A dashboard's PromQL may name only metrics and labels of the catalogue, of which another test says that a real desk
exports them; its SQL is asked of a real PostgreSQL with a journal in it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from bot.journal.place import place
from bot.journal.reading import reading
from bot.metrics.names import BY_NAME, Metric
from bot.metrics.of_journal import Counting, Counts
from tests.laws.markets import DRILL, market
from tests.playing import play, strategy
from tests.servers import postgres

DOCS = Path(__file__).parents[3] / "docs"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((DOCS / "grafana/dashboards").glob("*.json"))}
YAMLS = [*(DOCS / "prometheus").glob("*.yml"), *(DOCS / "grafana/provisioning").rglob("*.yml")]
_NAME = re.compile(r"\bpaperpit_(\w+)(?:\{([^}]*)\})?")
_LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_LISTED = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
_SHOWN = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")
_ALWAYS = {"desk", "le"}
LATEST = 2**63 - 1


def metric(name: str) -> Metric:
    """The one of the catalogue that an exported name belongs to."""
    return BY_NAME.get(name) or BY_NAME[re.sub(r"_(bucket|sum|count)$", "", name)]


def wrong(expression: str, shown: str = "") -> list[str]:
    """Names and labels of an expression, and of the words that show it, which no desk has."""
    found, labels = [], set(_ALWAYS)
    for name, matchers in _NAME.findall(expression):
        try:
            one = metric(name)
        except KeyError:
            found.append(name)
            continue
        labels |= set(one.labels)
        found += [label for label in _LABEL.findall(matchers) if label not in {*_ALWAYS, *one.labels}]
    listed = [name.strip() for names in _LISTED.findall(expression) for name in names.split(",")]
    return found + [label for label in [*listed, *_SHOWN.findall(shown)] if label not in labels]


def targets(dashboard: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each question of a dashboard, with the title of its panel."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_finds_its_source_by_a_variable_and_has_one_name_for_ever(name: str) -> None:
    dashboard = DASHBOARDS[name]
    assert dashboard["uid"] == f"paperpit-{name}"
    assert "id" not in dashboard
    assert dashboard["templating"]["list"][0]["type"] == "datasource"
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    sources = [panel["datasource"]["uid"] for panel in dashboard["panels"] if panel["type"] != "row"]
    assert set(sources) == {"${datasource}"}


def test_dashboards_ask_for_what_a_desk_exports() -> None:
    asked = [one for dashboard in DASHBOARDS.values() for one in targets(dashboard) if "expr" in one[1]]
    assert len(asked) > 40
    faults = {title: bad for title, one in asked if (bad := wrong(one["expr"], one["legendFormat"]))}
    assert faults == {}
    variables = [one.get("definition", "") for one in DASHBOARDS["desk"]["templating"]["list"]]
    assert [wrong(text) for text in variables] == [[], []]


def test_a_name_or_a_label_that_no_desk_has_is_found() -> None:
    assert wrong("rate(paperpit_tick_total[5m])") == ["tick_total"]
    assert wrong('sum by (setup) (paperpit_blocked_total{rule="x"})', "{{gate}} {{leg}}") == ["rule", "setup", "leg"]


def test_rules_and_settings_can_be_read_and_fit_each_other() -> None:
    read = {path.relative_to(DOCS).as_posix(): yaml.safe_load(path.read_text()) for path in YAMLS}
    rules = [rule for group in read["prometheus/alerts.yml"]["groups"] for rule in group["rules"]]
    faults = {rule["alert"]: wrong(rule["expr"], rule["annotations"]["summary"]) for rule in rules}
    assert {name: bad for name, bad in faults.items() if bad} == {}
    assert read["prometheus/prometheus.yml"]["rule_files"] == ["alerts.yml"]
    kinds = {one["type"] for one in read["grafana/provisioning/datasources/paperpit.yml"]["datasources"]}
    wanted = {one["templating"]["list"][0]["query"] for one in DASHBOARDS.values()}
    assert wanted == kinds


def test_the_journal_answers_every_question_in_sql(tmp_path: Path) -> None:
    # given a journal of PostgreSQL in which something was traded, and something refused
    with postgres() as server:
        url = server.database()
        tape = market(5, rows=400).write(tmp_path / "tape.parquet", contract="ESM2026")
        played = play(tmp_path, tape, strategy(tmp_path, DRILL), journal=url)
        assert played.round_trips
        with psycopg.connect(url, autocommit=True) as connection:
            dashboard = DASHBOARDS["trades"]
            (account,) = connection.execute(dashboard["templating"]["list"][1]["query"].encode()).fetchall()[0]
            answers = {title: _asked(connection, one["rawSql"], account) for title, one in targets(dashboard)}
        # then each has an answer, and they agree with the journal's own lists
        silent = {title for title, rows in answers.items() if not rows}
        assert silent == {"What closed the desk", "Signals, by kind"}  # a tape has no modes, and a drill no signals
        assert answers["Round trips"] == [(len(played.round_trips),)]
        assert float(answers["Net"][0][0]) == pytest.approx(sum(float(trip["net"]) for trip in played.round_trips))
        assert answers["Refused"] == [(len(played.blocked),)]
        # and what is counted for Prometheus is counted there as in a file
        with reading(place(url)) as reader:
            counts = Counts(0)
            counts.look(reader, reader.last_seq)
        sizes = [one.value for one in Counting(lambda: place(url)).samples() if one.name == "journal_size_bytes"]
        assert len(sizes) == 1
        assert sizes[0] > 1_000_000
        counted = [one for one in counts.samples() if one.name == "signals_total"]
        assert sum(one.value for one in counted if one.labels[1] == "blocked") == len(played.blocked)


def _asked(connection: "psycopg.Connection[Any]", sql: str, account: str) -> list[tuple[Any, ...]]:
    """As Grafana asks: its macro, which ends at the first bracket that closes, and its variable written out."""
    sql = re.sub(r"\$__unixEpochNanoFilter\(([^)]*)\)", rf"\1 >= 0 AND \1 <= {LATEST}", sql)
    sql = sql.replace("$account", account)
    assert "$" not in sql
    return connection.execute(sql.encode()).fetchall()
