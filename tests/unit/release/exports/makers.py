"""A public file as the exports get it: few rows, and in them everything that is hard to write."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb

from orchestration.release.exports import DATABASE, Edition

EDITION = Edition(
    release_id="20240131T220000Z-0123abcd",
    created_at=dt.datetime(2024, 1, 31, 22, 0, 0, 123456, tzinfo=dt.UTC),
    as_of_date=dt.date(2024, 1, 30),
    previous_release_id="20231231T220000Z-89abcdef",
    hasila_version="0.1.0",
)
RESTRICTED = {"figure_step", "fct_decision", "fct_observation_version", "dim_correction", "quarantine"}
"""Marts that no public file has."""

_NAMES = "name_ar varchar, name_fr varchar, name_en varchar"
_INDICATOR_NAMES = "indicator_name_ar varchar, indicator_name_fr varchar, indicator_name_en varchar"
_PLACE_NAMES = "place_name_ar varchar, place_name_fr varchar, place_name_en varchar"
_PERIOD = "year integer, period_start date, period_end date, period_label varchar"
_FIGURE = "value decimal(28, 10), qualifier varchar, data_status varchar"
SCHEMA = f"""
    create schema marts;
    create table marts.dim_objective (objective_code varchar, "position" integer, {_NAMES}, source varchar);
    create table marts.dim_place (
        place_code varchar, parent_code varchar, place_type varchar, {_NAMES}, ocha_pcode varchar
    );
    create table marts.dim_indicator (
        indicator_code varchar, programme_code varchar, objective_code varchar, {_NAMES}, unit varchar,
        is_sensitive boolean, universe_sex varchar, universe_age varchar, unicef_code varchar
    );
    create table marts.dim_organisation (organisation_code varchar, {_NAMES});
    create table marts.fct_report (receipt_id varchar, organisation_code varchar, received_at timestamp);
    create table marts.fct_observation (
        observation_id varchar, receipt_id varchar, indicator_code varchar, period_start date, period_end date,
        place_code varchar, {_FIGURE}, source_text varchar, citation varchar, received_at timestamp
    );
    create table marts.fct_target (
        indicator_code varchar, valid_from date, valid_to date, baseline decimal(28, 10), target decimal(28, 10),
        data_status varchar, source varchar
    );
    create table marts.indicator_by_objective_year (
        objective_code varchar, programme_code varchar, indicator_code varchar, {_INDICATOR_NAMES}, unit varchar,
        {_PERIOD}, is_multi_year boolean, {_FIGURE}, baseline decimal(28, 10), target decimal(28, 10),
        progress decimal(28, 10), rating varchar, reports_accepted integer, reports_expected integer,
        completeness decimal(28, 10), last_received_at timestamp
    );
    create table marts.indicator_by_place_year (
        objective_code varchar, programme_code varchar, indicator_code varchar, {_INDICATOR_NAMES}, unit varchar,
        place_code varchar, place_type varchar, {_PLACE_NAMES}, {_PERIOD}, {_FIGURE}
    );
    create table marts.indicator_by_group_year (
        objective_code varchar, programme_code varchar, indicator_code varchar, {_INDICATOR_NAMES}, unit varchar,
        place_code varchar, place_type varchar, {_PLACE_NAMES}, sex varchar, age_group varchar, residence varchar,
        population_group varchar, {_PERIOD}, {_FIGURE}
    );
    comment on table marts.dim_place is 'The country and its regions.
';
    comment on column marts.dim_place.place_code is 'ISO 3166-2:MA code, or `MA`.';
    comment on column marts.indicator_by_place_year.value is 'The figure; null only with a qualifier that says why.';
"""

# Texts that some format would take for something else.
HOSTILE = {
    "TRAINED": ("تكوين الفاعلين", "=HYPERLINK(\"http://example.org\";\"x\")", "Actors; \"trained\"\nin two lines"),
    "REACHED": (None, "+33 personnes, <b>touchées</b> & réunies", "@SUM(A1)"),
    "SHARE": ("\t=1+1", "-1, en pour cent \x01", "_x000D_ \uff1d1+1"),
    "PT_CHLD_Y0T4_REG": ("تسجيل الولادات", "Naissances enregistrées", "Births registered"),
}  # fmt: skip
PLACES = {
    "MA": (None, "country", "المغرب", "Maroc", "Morocco"),
    "MA-04": ("MA", "region", "الرباط سلا القنيطرة", "Rabat-Salé-Kénitra", "Rabat-Salé-Kénitra"),
    "MA-RAB": ("MA-04", "prefecture", "الرباط", "Rabat", "Rabat"),
}
UNITS = {"TRAINED": "persons", "REACHED": "children", "SHARE": "percent", "PT_CHLD_Y0T4_REG": "percent"}

Row = tuple[str, str, str, str, str | None, str, str]
# indicator, place, first day, last day, value, qualifier, status
FIGURES: tuple[Row, ...] = (
    ("TRAINED", "MA", "2019-01-01", "2019-12-31", "406423", "exact", "published"),
    ("TRAINED", "MA", "2019-01-01", "2019-12-31", "12", "approximate", "illustrative"),
    ("TRAINED", "MA", "2017-01-01", "2019-12-31", "4330", "more_than", "published"),
    ("TRAINED", "MA", "2020-10-01", "2021-03-31", "1.5", "approximate", "illustrative"),
    ("TRAINED", "MA", "2019-12-04", "2020-12-15", "7", "at_least", "reported"),
    ("TRAINED", "MA-04", "2019-01-01", "2019-12-31", None, "suppressed", "reported"),
    ("TRAINED", "MA-RAB", "2019-01-01", "2019-12-31", None, "suppressed", "reported"),
    ("REACHED", "MA", "2020-01-01", "2020-12-31", "0", "exact", "reported"),
    ("REACHED", "MA-04", "2020-01-01", "2020-12-31", None, "not_reported", "reported"),
    ("REACHED", "MA-RAB", "2020-01-01", "2020-12-31", None, "not_applicable", "reported"),
    ("SHARE", "MA", "2020-01-01", "2020-12-31", "-0.5", "at_most", "reported"),
    ("SHARE", "MA", "2021-01-01", "2021-12-31", "123456789012345678.0123456789", "less_than", "reported"),
    ("PT_CHLD_Y0T4_REG", "MA", "2018-01-01", "2018-12-31", "96.9", "exact", "published"),
    ("PT_CHLD_Y0T4_REG", "MA-04", "2018-01-01", "2018-12-31", "97.1", "exact", "published"),
    ("PT_CHLD_Y0T4_REG", "MA", "2017-01-01", "2018-12-31", "95", "exact", "published"),
    ("PT_CHLD_Y0T4_REG", "MA", "2018-01-01", "2018-12-31", "55", "exact", "reported"),
    ("PT_CHLD_Y0T4_REG", "MA", "2017-01-01", "2017-12-31", "56", "more_than", "published"),
)
# sex, age group, residence, population group, and the figure
GROUPS: tuple[tuple[str, str, str, str, Row], ...] = (
    ("F", "_T", "_T", "_T", ("TRAINED", "MA", "2019-01-01", "2019-12-31", None, "suppressed", "reported")),
    ("M", "Y0T5", "_T", "_T", ("TRAINED", "MA", "2019-01-01", "2019-12-31", "31", "exact", "reported")),
    ("_T", "Y_GE18", "R", "_T", ("TRAINED", "MA-04", "2019-01-01", "2019-12-31", "8", "exact", "illustrative")),
    (*("_T", "_T", "_T", "AREA=X+SECTOR=Y"), ("TRAINED", "MA", "2019-01-01", "2019-12-31", "9", "exact", "reported")),
    (*("_T", "_T", "_T", "AREA=X SECTOR=Y"), ("TRAINED", "MA", "2019-01-01", "2019-12-31", "5", "exact", "reported")),
    ("F", "_T", "_T", "_T", ("PT_CHLD_Y0T4_REG", "MA", "2018-01-01", "2018-12-31", "97", "approximate", "published")),
    (
        *("_T", "_T", "U", "WEALTH_QUINTILE=Q1"),
        ("PT_CHLD_Y0T4_REG", "MA", "2018-01-01", "2018-12-31", "93.4", "exact", "published"),
    ),
    (*("_T", "_T", "_T", "AREA=X"), ("PT_CHLD_Y0T4_REG", "MA", "2018-01-01", "2018-12-31", "90", "exact", "published")),
    # Groups that UNICEF's dataflow has no code for.
    ("_T", "Y0T5", "_T", "_T", ("PT_CHLD_Y0T4_REG", "MA", "2018-01-01", "2018-12-31", "91", "exact", "published")),
    (
        *("_T", "_T", "_T", "WEALTH_QUINTILE=Q9"),
        ("PT_CHLD_Y0T4_REG", "MA", "2018-01-01", "2018-12-31", "92", "exact", "published"),
    ),
)


def public_folder(folder: Path, *, without: tuple[str, ...] = (), more: str = "") -> Path:
    """A folder with the public file in it; `without` some marts, and changed by `more` SQL."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(folder / DATABASE)) as connection:
        connection.execute(SCHEMA)
        for table, rows in _rows().items():
            marks = ", ".join("?" for _ in rows[0])
            connection.executemany(f"insert into marts.{table} values ({marks})", rows)
        for table in without:
            connection.execute(f"drop table marts.{table}")
        connection.execute(more)
    return folder


def _rows() -> dict[str, list[tuple[Any, ...]]]:
    received = dt.datetime(2020, 2, 3, 4, 5, 6, 70809)
    names = {code: (ar or fr, fr, en) for code, (ar, fr, en) in HOSTILE.items()}

    def figure(row: Row) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
        indicator, _, start, end, value, qualifier, status = row
        year = int(end[:4])
        label = str(year) if (start[4:], end[4:]) == ("-01-01", "-12-31") and start[:4] == end[:4] else f"{start}/{end}"
        # The Arabic name is missing in the mart where the register lacks it.
        about = ("SO4", "PROGRAMME", indicator, *HOSTILE[indicator], UNITS[indicator])
        return about, (year, start, end, label), (value, qualifier, status)

    national, placed, grouped = [], [], []
    for row in FIGURES:
        about, period, said = figure(row)
        _, place_type, *place_names = PLACES[row[1]]
        placed.append((*about, row[1], place_type, *place_names, *period, *said))
        if row[1] == "MA":
            progress = "0.25" if said[0] else None
            said_more = ("1", "5.5", progress, "behind", 3, 4, "0.75", received)
            national.append((*about, *period, period[1][:4] != period[2][:4], *said, *said_more))
    for sex, age, residence, group, row in GROUPS:
        about, period, said = figure(row)
        _, place_type, *place_names = PLACES[row[1]]
        grouped.append((*about, row[1], place_type, *place_names, sex, age, residence, group, *period, *said))
    unicef = {"PT_CHLD_Y0T4_REG": ("Y0T4", "PT_CHLD_Y0T4_REG")}
    return {
        "dim_objective": [("SO4", 4, "هدف", "Objectif", "Objective", "a source")],
        "dim_place": [(code, *about, None) for code, about in PLACES.items()],
        "dim_indicator": [
            (
                code,
                "PROGRAMME",
                "SO4",
                *names[code],
                UNITS[code],
                code == "TRAINED",
                None,
                *unicef.get(code, (None, None)),
            )
            for code in HOSTILE
        ],
        "dim_organisation": [
            ("HCP", "المندوبية", "Haut-Commissariat", "High Commission"),
            ("IDLE", "لا شيء", "Rien", "Nothing"),
        ],
        "fct_report": [("receipt-1", "HCP", received)],
        "fct_observation": [
            (
                f"observation-{number}",
                "receipt-1",
                row[0],
                row[2],
                row[3],
                row[1],
                *row[4:],
                "=1+1",
                "ENPSF 2018",
                received,
            )
            for number, row in enumerate(FIGURES)
        ],
        "fct_target": [("TRAINED", None, None, "1", "5.5", "reported", "-a plan")],
        "indicator_by_objective_year": national,
        "indicator_by_place_year": placed,
        "indicator_by_group_year": grouped,
    }


def rows_of(public: Path, mart: str, columns: str = "*", where: str = "true") -> list[tuple[Any, ...]]:
    """Rows of the public file."""
    with duckdb.connect(str(public / DATABASE), read_only=True) as connection:
        return connection.execute(f"select {columns} from marts.{mart} where {where}").fetchall()


def columns_of(public: Path, mart: str) -> list[str]:
    """The columns of a mart of the public file."""
    with duckdb.connect(str(public / DATABASE), read_only=True) as connection:
        return [column[0] for column in connection.execute(f"select * from marts.{mart} limit 0").description or ()]


def marts_of(public: Path) -> list[str]:
    """The marts of the public file."""
    with duckdb.connect(str(public / DATABASE), read_only=True) as connection:
        found = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts' order by 1")
        return [name for (name,) in found.fetchall()]
