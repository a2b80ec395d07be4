"""The audit: each thing that may not be released has its code, in three languages, with what to do."""

import re
import shutil
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from orchestration import storage
from orchestration.check import lake
from orchestration.findings import CatalogueError
from orchestration.receive import receipts
from orchestration.release import audit
from orchestration.release.audit import Acceptance, Audited, AuditError, Before
from orchestration.release.marts import Mart
from orchestration.settings import LANGUAGES
from tests.helpers import PROJECT, receipt_of

DECLARED = audit.load_declared(PROJECT / "expectations" / "audit.yml")
MARTS = PROJECT / "dbt_project" / "models" / "marts"
FIGURE = {"programme_code": "P", "indicator_code": "A", "data_status": "published", "year": 2019}
FIGURE |= {"period_start": "2019-01-01", "period_end": "2019-12-31", "period_label": "2019", "qualifier": "exact"}
TOTAL = dict.fromkeys(("sex", "age_group", "residence", "population_group"), "_T")
OBSERVATION = {**TOTAL, "receipt_id": "r1", "organisation_code": "ORG", "indicator_code": "A", "year": 2019}
OBSERVATION |= {"data_status": "published", "place_code": "MA", "is_multi_year": False, "qualifier": "exact"}
OBSERVATION |= {"period_start": "2019-01-01", "period_end": "2019-12-31"}
SUM = {"across_places": "sum", "across_periods": "sum", "across_sources": "sum"}


class Built:
    """A built warehouse with every declared mart, empty but for what must have rows, and the lake beside it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.warehouse = folder / "warehouse.duckdb"
        self.lake = folder / "lake"

    def make(self) -> None:
        lake.ensure_schemas(self.lake)
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("create schema marts")
            for name, columns in audit._declared_columns(MARTS).items():
                declared = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
                connection.execute(f"create table marts.{name} ({declared})")
        for number in range(5):
            self.insert("dim_objective", {"objective_code": f"SO{number + 1}"})
        self.insert("dim_programme", {"programme_code": "P"})
        self.insert("dim_organisation", {"organisation_code": "ORG"})
        self.insert("dim_indicator", {"indicator_code": "A", "is_deliverable_count": False, **SUM})
        self.insert("dim_place", {"place_code": "MA"})

    def run(self, sql: str, *values: Any) -> None:
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(sql, list(values))

    def insert(self, mart: str, *rows: dict[str, Any]) -> None:
        for row in rows:
            marks = ", ".join("?" * len(row))
            self.run(f"insert into marts.{mart} ({', '.join(row)}) values ({marks})", *row.values())

    def refuse(self, observation_id: str, severity: str) -> None:
        """A row that Great Expectations refused, as the check room leaves it in the lake."""
        rows = [{"receipt_id": "r1", "severity": severity, "observation_id": observation_id, "is_quarantined": True}]
        path = self.lake / "rejections" / "family=f" / "received=2024-01-01.parquet"
        storage.write_table(path, pa.Table.from_pylist(rows, schema=lake.REJECTIONS))

    def check(self, severity: str, failed: int) -> None:
        rows = [{"receipt_id": "r1", "severity": severity, "scope": "row", "rows_judged": 9, "rows_failed": failed}]
        path = self.lake / "checks" / "family=f" / "received=2024-01-01.parquet"
        storage.write_table(path, pa.Table.from_pylist(rows, schema=lake.CHECKS))

    def audit(self, **more: Any) -> Audited:
        return audit.audit(self.warehouse, str(self.lake), DECLARED, marts_folder=MARTS, **more)

    def codes(self, **more: Any) -> list[str]:
        """The codes of what fails; none where the warehouse may be released."""
        try:
            self.audit(**more)
        except AuditError as error:
            return [failure.code for failure in error.failures]
        return []


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one was made, to be copied."""
    folder = tmp_path_factory.mktemp("audit") / "fresh"
    folder.mkdir()
    Built(folder).make()
    return folder


@pytest.fixture
def built(fresh: Path, tmp_path: Path) -> Built:
    return Built(shutil.copytree(fresh, tmp_path / "built"))


def test_an_empty_warehouse_with_its_framework_may_be_released(built: Built) -> None:
    assert built.codes() == []


BROKEN: dict[str, Callable[[Built], None]] = {
    "MART_MISSING": lambda built: built.run("drop table marts.quarantine"),
    "MART_EMPTY": lambda built: built.run("delete from marts.dim_place"),
    "RECEIPT_LOST": lambda built: receipts.write_day(built.lake, receipt_of(b"1").received_date, [receipt_of(b"1")]),
    "OBSERVATION_LOST": lambda built: built.insert("fct_observation_version", {"observation_id": "o1"}),
    "OBJECTIVES_WRONG": lambda built: built.run("delete from marts.dim_objective where objective_code = 'SO5'"),
    "REPORT_KEY_TWICE": lambda built: built.insert(
        "fct_report", *[{"report_key": "k", "is_standing": True, "receipt_id": name} for name in ("r1", "r2")]
    ),
    "VALUE_UNEXPLAINED": lambda built: built.insert("indicator_by_objective_year", FIGURE),
    "COMPLETENESS_IMPOSSIBLE": lambda built: built.insert(
        "indicator_by_objective_year", FIGURE | {"value": 1, "completeness": "1.1"}
    ),
    "FIGURE_TWICE": lambda built: built.insert(
        "indicator_by_objective_year", FIGURE | {"value": 1}, FIGURE | {"value": 2}
    ),
}


@pytest.mark.parametrize("code", BROKEN)
def test_what_may_not_be_released_is_found(built: Built, code: str) -> None:
    BROKEN[code](built)
    assert built.codes() == [code]


def test_all_failures_are_told_at_once(built: Built) -> None:
    BROKEN["OBJECTIVES_WRONG"](built)
    BROKEN["FIGURE_TWICE"](built)
    assert built.codes() == ["OBJECTIVES_WRONG", "FIGURE_TWICE"]


def test_a_receipt_that_waits_for_its_family_is_not_lost(built: Built) -> None:
    BROKEN["RECEIPT_LOST"](built)
    assert built.codes(waiting={receipt_of(b"1").receipt_id}) == []


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("alter table marts.fct_target drop column target", r"fct_target\.target – \(DECIMAL"),
        ("alter table marts.fct_target add column more int", r"fct_target\.more INTEGER \(–\)"),
        ("alter table marts.dim_place alter place_code type int using 1", r"dim_place\.place_code INTEGER \(VARCHAR\)"),
    ],
)
def test_columns_must_be_those_that_are_declared(built: Built, sql: str, told: str) -> None:
    built.run(sql)
    with pytest.raises(AuditError, match=told) as caught:
        built.audit()
    assert [failure.code for failure in caught.value.failures] == ["CONTRACT_BROKEN"]


def test_observations_of_refused_reports_do_not_stand(built: Built) -> None:
    built.insert("fct_observation", OBSERVATION | {"observation_id": "o1", "value": 1})
    built.insert("indicator_by_objective_year", FIGURE | {"value": 1})
    built.insert("fct_report", {"receipt_id": "r1", "state": "accepted"})
    assert built.codes() == []
    built.run("update marts.fct_report set state = 'sent_back'")
    assert built.codes() == ["REFUSED_STANDS"]


def test_what_a_critical_rule_refused_does_not_stand_and_is_in_quarantine(built: Built) -> None:
    built.insert("fct_observation", OBSERVATION | {"observation_id": "o1", "value": 1})
    built.insert("indicator_by_objective_year", FIGURE | {"value": 1})
    built.insert("fct_report", {"receipt_id": "r1", "state": "accepted", "accepted_by_decision": False})
    built.refuse("o2", "critical")
    assert built.codes() == []
    built.refuse("o1", "warning")
    assert built.codes() == []
    built.refuse("o1", "critical")
    assert built.codes() == ["CRITICAL_STANDS"]
    built.refuse("o2", "critical")
    built.check("critical", 2)
    assert built.codes() == ["CRITICAL_STANDS"]
    built.insert("quarantine", {"receipt_id": "r1", "rule_code": "X"})
    assert built.codes() == []


# --- totals are recounted


def observe(built: Built, *rows: dict[str, Any]) -> None:
    for number, row in enumerate(rows):
        built.insert("fct_observation", OBSERVATION | {"observation_id": f"o{number}", "value": 1} | row)
    built.insert("fct_report", {"receipt_id": "r1", "state": "accepted"})


def places(built: Built) -> None:
    built.insert(
        "dim_place", {"place_code": "MA-01", "parent_code": "MA"}, {"place_code": "MA-02", "parent_code": "MA"}
    )
    built.insert("dim_place", {"place_code": "MA-FAH", "parent_code": "MA-01"})


FIRST_HALF = {"period_start": "2019-01-01", "period_end": "2019-06-30"}
SECOND_HALF = {"period_start": "2019-07-01", "period_end": "2019-12-31"}
PLAIN = {
    "one": ([{"value": 5}], 5),
    "places, periods and sources": (
        [
            {"place_code": "MA-01", "value": 1, **FIRST_HALF},
            {"place_code": "MA-02", "value": 2, **FIRST_HALF},
            {"place_code": "MA-01", "value": 4, **SECOND_HALF},
            {"organisation_code": "OTHER", "place_code": "MA-01", "value": 8},
        ],
        15,
    ),
    "a stated total beside its parts": (
        [{"value": 9}, {"sex": "F", "value": 4}, {"sex": "M", "value": 4}],
        9,
    ),
}


@pytest.mark.parametrize("case", PLAIN)
def test_a_plain_total_is_recounted(built: Built, case: str) -> None:
    rows, total = PLAIN[case]
    places(built)
    observe(built, *rows)
    built.insert("indicator_by_objective_year", FIGURE | {"value": total})
    assert built.audit().recounted == 1
    built.run("update marts.indicator_by_objective_year set value = value + 1")
    assert built.codes() == ["TOTAL_WRONG"]
    built.run("delete from marts.indicator_by_objective_year")
    assert built.codes() == ["TOTAL_WRONG"]


LEFT_TO_THE_RULES = {
    "a bound": [{"qualifier": "at_least"}],
    "parts without a total": [{"sex": "F"}],
    "a place inside another": [{"place_code": "MA-01"}, {"place_code": "MA-FAH"}],
    "a place inside the country": [{"place_code": "MA"}, {"place_code": "MA-FAH"}],
    "a period inside another": [FIRST_HALF, {}],
    # Two weeks of which one touches the other's month: rule 4 leaves one out, though no day is in both.
    "weeks that share a month": [
        {"period_start": "2019-01-20", "period_end": "2019-01-26"},
        {"period_start": "2019-01-27", "period_end": "2019-02-02"},
    ],
    "the same cell twice": [{"receipt_id": "r1"}, {"receipt_id": "r1"}],
    "a deliverable": [{"deliverable_code": "GUIDE"}],
    "a ratio": [{"numerator": 1, "denominator": 2}],
}


@pytest.mark.parametrize("case", LEFT_TO_THE_RULES)
def test_what_needs_the_rules_is_left_to_them(built: Built, case: str) -> None:
    places(built)
    observe(built, *LEFT_TO_THE_RULES[case])
    assert built.audit().recounted == 0


@pytest.mark.parametrize(
    ("axis", "row"),
    [
        ("across_places", {"place_code": "MA-01"}),
        ("across_periods", FIRST_HALF),
        ("across_sources", {"organisation_code": "OTHER"}),
    ],
)
def test_an_axis_that_does_not_add_is_recounted_only_where_there_is_one(
    built: Built, axis: str, row: dict[str, Any]
) -> None:
    places(built)
    built.run(f"update marts.dim_indicator set {axis} = 'max'")
    other = {"place_code": "MA-02"} if axis == "across_places" else SECOND_HALF if axis == "across_periods" else {}
    observe(built, row, other)
    assert built.audit().recounted == 0


# --- against the release before


def manifest(**more: Any) -> dict[str, Any]:
    return {"release_id": "R1", "marts": {}, "code_digest": "c", "code_parts": {}} | more


def before(built: Built, rows: dict[str, int], **more: Any) -> Before:
    marts = {name: {"rows": count} for name, count in rows.items()}
    return Before(manifest(marts=marts, **more), built.folder / "none.duckdb")


@pytest.mark.parametrize(("earlier", "codes"), [(10, []), (11, []), (12, ["HISTORY_SHRANK"])])
def test_the_history_may_lose_a_tenth(built: Built, earlier: int, codes: list[str]) -> None:
    rows = [{"observation_id": f"o{number}"} for number in range(10)]
    built.insert("fct_observation_version", *rows)
    schema = pa.schema([("observation_id", pa.string())])
    storage.write_table(built.lake / "observations" / "x.parquet", pa.Table.from_pylist(rows, schema=schema))
    # What was received and decided meanwhile explains no loss of history.
    now = manifest(code_digest="other")
    told = replace(before(built, {"fct_observation_version": earlier}), lacks_receipts=True)
    assert built.codes(before=told, manifest=now) == codes


def test_what_a_decision_took_back_is_not_lost(built: Built) -> None:
    built.insert("fct_decision", {"receipt_id": "r1"})
    built.insert("quarantine", *[{"receipt_id": "r1", "rule_code": "X"}] * 5)
    earlier = before(built, {"fct_observation_version": 5})
    assert built.codes(before=earlier, manifest=manifest()) == []
    built.run("delete from marts.fct_decision")
    assert built.codes(before=earlier, manifest=manifest()) == ["HISTORY_SHRANK"]


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        ({}, ["ROWS_SHRANK"]),
        ({"decisions": ["d"]}, []),
        ({"corrections": {"C": "confirmed"}}, []),
        ({"code_parts": {"dbt_project/seeds": "x"}}, []),
        ({"code_parts": {"orchestration/cli": "x"}}, ["ROWS_SHRANK"]),
    ],
)
def test_a_mart_shrinks_only_where_something_explains_it(built: Built, now: dict[str, Any], codes: list[str]) -> None:
    earlier = before(built, {"indicator_by_place_year": 100})
    assert built.codes(before=earlier, manifest=manifest(**now)) == codes
    assert built.codes(before=before(built, {"indicator_by_place_year": 99}), manifest=manifest(**now)) == []
    assert built.codes(before=replace(earlier, lacks_receipts=True), manifest=manifest(**now)) == []


@pytest.fixture
def earlier(fresh: Path, tmp_path: Path) -> Before:
    """The release before: its figure A is 1000 for 2019."""
    one = Built(shutil.copytree(fresh, tmp_path / "earlier"))
    one.insert("indicator_by_objective_year", FIGURE | {"value": 1000})
    return Before(manifest(), one.warehouse)


@pytest.mark.parametrize(
    ("value", "codes"),
    [(1000, []), (1010, []), (990, []), (1011, ["FIGURE_MOVED"]), (989, ["FIGURE_MOVED"]), (None, ["FIGURE_MOVED"])],
)
def test_a_figure_moves_only_where_something_concerns_it(
    built: Built, earlier: Before, value: int | None, codes: list[str]
) -> None:
    if value is not None:
        built.insert("indicator_by_objective_year", FIGURE | {"value": value})
    assert built.codes(before=earlier, manifest=manifest()) == codes
    # A report that came and says nothing of it explains nothing; other rules do.
    assert built.codes(before=earlier, manifest=manifest(inputs=[{"receipt_id": "new"}])) == codes
    assert built.codes(before=earlier, manifest=manifest(code_parts={"contracts/f.yml": "x"})) == []


def test_a_report_that_concerns_the_figure_moves_it(built: Built, earlier: Before) -> None:
    built.insert("indicator_by_objective_year", FIGURE | {"value": 2000})
    built.insert("fct_report", {"receipt_id": "r1", "report_key": "k", "state": "accepted"})
    rows = [OBSERVATION | {"observation_id": "o1"}]
    built.insert("fct_observation_version", *rows)
    schema = pa.schema([("observation_id", pa.string())])
    storage.write_table(built.lake / "observations" / "x.parquet", pa.table({"observation_id": ["o1"]}, schema=schema))
    audited = built.audit(before=earlier, manifest=manifest())
    assert audited.changed is not None
    assert audited.changed.column("reason").to_pylist() == ["revision"]


def test_an_indicator_may_have_a_bound_of_its_own(built: Built, earlier: Before) -> None:
    built.insert("indicator_by_objective_year", FIGURE | {"value": 1100})
    assert built.codes(before=earlier, manifest=manifest()) == ["FIGURE_MOVED"]
    bounds = DECLARED.bounds.model_copy(update={"figures": {"A": 0.1}})
    wide = DECLARED.model_copy(update={"bounds": bounds})
    audit.audit(built.warehouse, str(built.lake), wide, marts_folder=MARTS, before=earlier, manifest=manifest())


def test_a_release_that_cannot_be_opened_is_not_compared_with(built: Built) -> None:
    built.insert("indicator_by_objective_year", FIGURE | {"value": 1})
    assert built.audit(before=before(built, {}), manifest=manifest()).changed is None


# --- letting through


def test_a_person_lets_through_what_may_be_let_through(built: Built, earlier: Before) -> None:
    built.insert("indicator_by_objective_year", FIGURE | {"value": 2000})
    word = Acceptance("FIGURE_MOVED", "The series was recalculated.", "amina")
    audited = built.audit(before=earlier, manifest=manifest(), accepted=[word])
    ((accepted, failure),) = audited.accepted
    assert accepted == word
    assert "A 2019 (published): 1000 → 2000" in failure.message(DECLARED, "en")
    other = Acceptance("HISTORY_SHRANK", "Because.", "amina")
    assert built.codes(before=earlier, manifest=manifest(), accepted=[other]) == ["FIGURE_MOVED"]


def test_a_wrong_sum_is_never_let_through(built: Built) -> None:
    observe(built, {"value": 5})
    built.insert("indicator_by_objective_year", FIGURE | {"value": 6})
    assert built.codes(accepted=[Acceptance("TOTAL_WRONG", "Because.", "amina")]) == ["TOTAL_WRONG"]


# --- the copy


def test_a_copy_that_is_not_what_was_built_is_found() -> None:
    one = [Mart("a", 1, ("x",), "1"), Mart("b", 1, ("x",), "2")]
    assert audit.copy_failures(one, one) == []
    (failure,) = audit.copy_failures(one, [one[0], Mart("b", 1, ("x",), "3")])
    assert (failure.code, failure.found) == ("COPY_DIFFERS", "b")
    (failure,) = audit.copy_failures(one, one[:1])
    assert failure.found == "b"


# --- the texts


def test_every_code_has_its_texts_and_no_text_is_left_over() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "orchestration" / "release").glob("*.py"))
    used = set(re.findall(r'Failure\("([A-Z_]+)"', source)) | set(audit._COUNTED)
    assert used == set(DECLARED.checks)
    for code, check in DECLARED.checks.items():
        names = [
            {name for _, name, _, _ in string.Formatter().parse(check.message[language]) if name}
            for language in LANGUAGES
        ]
        assert names[0] == names[1] == names[2] <= {"count", "found", "bound"}, code
        for language in LANGUAGES:
            assert audit.Failure(code, 3, "x", "10%").message(DECLARED, language)
        assert re.search(r"[\u0600-\u06ff]", check.message.ar), code
        assert not re.search(r" [:;?!]", check.message.fr + check.instruction.fr), code


def test_the_error_speaks_the_language_that_is_set(built: Built) -> None:
    BROKEN["OBJECTIVES_WRONG"](built)
    with pytest.raises(AuditError, match="OBJECTIVES_WRONG: dim_objective s'écarte de 1"):
        built.audit(language="fr")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "valid dictionary"),
        ("bounds: {}", "history_may_shrink_by"),
        ("a: [", "audit.yml"),
        ("bounds: {history_may_shrink_by: 2}", "less than or equal to 1"),
    ],
)
def test_a_wrong_declaration_is_told_of(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "audit.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CatalogueError, match=told):
        audit.load_declared(path)
    with pytest.raises(CatalogueError, match=r"none\.yml"):
        audit.load_declared(tmp_path / "none.yml")


def test_bounds_that_are_shipped_are_shares() -> None:
    content = yaml.safe_load((PROJECT / "expectations" / "audit.yml").read_text(encoding="utf-8"))
    assert set(content["bounds"]) == set(audit.Bounds.model_fields)
