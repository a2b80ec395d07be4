"""What the models that keep whole years are made from: all of it is in the checksums of `int_changed_year`."""

import re

from orchestration.check import lake
from tests.helpers import PROJECT

MODELS = {path.stem: path for path in (PROJECT / "dbt_project" / "models").rglob("*.sql")}
KEEPING = {
    path.stem
    for path in (PROJECT / "dbt_project" / "models").rglob("*.yml")
    if "incremental_strategy: whole_years" in path.read_text(encoding="utf-8")
}
CHECKED = {"int_observation_version", "int_deliverable"}
"""Of these each year's rows are in its checksum."""
BY_YEAR = {"int_figure", "int_figure_step"}
"""Between those and the models that keep whole years: a row follows from rows of its own year."""
NUMBERED = {"int_series"}
"""Gives numbers to what is the same in every year; where a number is another's, the models that carry it are built."""
SAME_FOR_ALL = {
    *("stg_framework__indicator", "stg_framework__deliverable", "int_place_tree"),
    "stg_lake__contract_dimension",
}
"""Seeds and contracts, which are part of what makes the figures: where they change, all is built anew."""
BY_NUMBER = {"int_report_version"}
"""Read for a report's receipt, family and contract version, which stand beside its number in the checksum."""


def sql(model: str) -> str:
    macros = {"finer_nodes": "int_rolled_up__days"}
    text = MODELS[model].read_text(encoding="utf-8")
    return text + "".join(f"{{{{ ref('{name}') }}}}" for macro, name in macros.items() if macro in text)


def references(model: str) -> set[str]:
    return set(re.findall(r"ref\('(\w+)'\)", sql(model)))


def columns_of(text: str, alias: str) -> set[str]:
    return set(re.findall(rf"\b{alias}\.(\w+)", text))


def test_they_are_made_from_what_was_thought_of() -> None:
    """Whoever lets them read something else says here why their years may be kept all the same."""
    assert KEEPING
    seen, open_ = set(), set(KEEPING)
    while open_:
        model = open_.pop()
        seen.add(model)
        if model not in CHECKED | SAME_FOR_ALL | BY_NUMBER:
            open_ |= references(model) - seen
    assert seen == KEEPING | CHECKED | BY_YEAR | NUMBERED | SAME_FOR_ALL | BY_NUMBER


def test_none_of_them_knows_the_day() -> None:
    for model in KEEPING | BY_YEAR | CHECKED:
        assert "as_of_date" not in sql(model), model


def test_of_a_report_they_read_what_is_in_the_checksum() -> None:
    readers = {model for model in KEEPING | BY_YEAR if "int_report_version" in references(model)}
    assert readers == {"int_figure_statement", "int_parts_vs_total"}
    used = {column for model in readers for column in columns_of(sql(model), "report_version")}
    assert used == {"report_number", "receipt_id", "family", "contract_version"}


def listed(name: str) -> set[str]:
    found = re.search(rf"{{% set {name} = \[(.*?)\] %}}", sql("int_changed_year"), re.DOTALL)
    assert found is not None
    return set(re.findall(r"'(\w+)'", found[1]))


def test_every_column_of_an_observation_is_in_the_checksum() -> None:
    added = columns_of(sql("int_observation_version"), "report_version") - {"receipt_id"}
    assert listed("of_observation") == set(lake.OBSERVATIONS.names) | added
    assert "is_standing" in added


def test_what_the_steps_read_of_a_deliverable_is_in_the_checksum() -> None:
    assert columns_of(sql("int_figure_step"), "deliverable") == listed("of_deliverable")
