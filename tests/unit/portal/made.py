"""A small made-up release with one of everything that the portal must show, and pages read as trees."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from orchestration.findings import load_catalogue
from orchestration.release import public
from orchestration.release.disclosure.policy import Policy
from orchestration.release.exports import Edition, contents, parquet
from tests.helpers import PROJECT
from tests.releases import figure, group, indicator, place, write_release

RULES = load_catalogue(PROJECT / "expectations" / "rules.yml")
RECEIVED = dt.datetime(2021, 3, 4, 10, 30)
EDITION = Edition(
    release_id="20210304T103000Z-0badcafe",
    created_at=dt.datetime(2021, 3, 5, tzinfo=dt.UTC),
    as_of_date=dt.date(2021, 3, 4),
    previous_release_id="20210201T103000Z-0badf00d",
    hasila_version="0.1.0",
)
HOSTILE = "\"><script>alert('x')</script>&amp;<img src=x onerror=alert(1)>"
SECRETS = ("51737", "51.737", "51 737", "51,737", "734911", "sisters of Ain Secret", "three as written", "918273")
"""What the restricted file tells of a small count: the figure from which it would follow, and what stands beside it."""

PROJECT_SPAN = {
    "year": 2019,
    "period_label": "2017-2019",
    "period_start": dt.date(2017, 1, 1),
    "period_end": dt.date(2019, 12, 31),
    "is_multi_year": True,
}


def names(ar: str | None, fr: str | None, en: str | None, column: str = "name") -> dict[str, Any]:
    return {f"{column}_ar": ar, f"{column}_fr": fr, f"{column}_en": en}


def _indicator(code: str, unit: str, **given: Any) -> dict[str, Any]:
    row = indicator(code, is_sensitive=False) | {
        "programme_code": "PROGRAMME",
        "objective_code": "SO4",
        "objective_basis": "stated",
        "unit": unit,
        "stock_or_flow": "flow",
        "direction": "increase",
        "is_deliverable_count": False,
        "data_status": "published",
        **names(f"مؤشر {code}", f"Indicateur {code}", f"Indicator {code}"),
        **names(f"تعريف {code}", f"Définition {code}", f"Definition {code}", "definition"),
    }
    return row | given


def headline(code: str, value: float | None, **given: Any) -> dict[str, Any]:
    """A row of the headline mart."""
    row = figure(code, "MA", value) | {"period_label": "2024", "is_multi_year": False}
    del row["place_code"]
    return (
        row
        | {
            "objective_code": "SO4",
            "programme_code": "PROGRAMME",
            "unit": "persons",
            "rating": "unknown",
            **names(f"مؤشر {code}", f"Indicateur {code}", f"Indicator {code}", "indicator_name"),
        }
        | given
    )


def observation(code: str, place_code: str, value: float | None, **given: Any) -> dict[str, Any]:
    """A row of fct_observation."""
    return (
        figure(code, place_code, value)
        | group()
        | {
            "observation_id": f"{code}-{place_code}-{given.get('sex', '_T')}",
            "receipt_id": "r1",
            "organisation_code": "SENDER",
            "period_label": "2024",
            "source_sheet": "Feuille 1",
            "source_cell": "B7",
            "source_text": f"{value}",
        }
        | given
    )


def _trend() -> list[dict[str, Any]]:
    """A series with all that a series can have: a gap, a blank, a span of years, bounds, another sender, two kinds."""
    years = [(2019, 50, "exact"), (2020, 60, "exact"), (2022, None, "not_reported"), (2023, 70, "approximate")]
    return [
        *[
            figure("TREND", "MA", value, year, "published", period_label=str(year), qualifier=qualifier)
            for year, value, qualifier in (*years, (2024, 80, "exact"))
        ],
        figure("TREND", "MA", 150, status="published", **PROJECT_SPAN) | {"qualifier": "more_than"},
        figure("TREND", "MA", 85, 2024, "reported", period_label="2024"),
    ]


def rows() -> dict[str, list[dict[str, Any]]]:
    """The marts of the restricted file."""
    reach = {"data_status": "published", **PROJECT_SPAN}
    places = [("MA-01", 40), ("MA-LAR", 40), ("MA-02", 60)]
    local = [figure("CHILDREN", code, value, period_label="2024") for code, value in places]
    counts = [("MA", 51740), ("MA-01", 3), ("MA-02", 51737)]
    secret = [figure("SECRET", code, value, period_label="2024") for code, value in counts]
    trend = _trend()
    by_sex = [figure("CHILDREN", "MA", 55) | group(sex="F"), figure("CHILDREN", "MA", 45) | group(sex="M")]
    return {
        "dim_objective": [
            {"objective_code": f"SO{rank}", "position": rank, "source": "a source"}
            | names(f"الهدف {rank}", f"Objectif {rank}", f"Objective {rank}")
            for rank in range(1, 6)
        ],
        "dim_programme": [
            {"programme_code": "PROGRAMME", "objective_code": "SO4", "owner_organisation_code": "SENDER"}
            | {"period_start": dt.date(2017, 1, 1), "period_end": dt.date(2019, 12, 31), "source": "a page"}
            | names("برنامج", "Programme en français", None),
            {"programme_code": "INNER", "objective_code": None, "parent_programme_code": "PROGRAMME"}
            | names("برنامج تابع", "Programme contenu", "Inner programme"),
        ],
        "dim_expected_result": [
            {"result_code": "R1", "programme_code": "PROGRAMME", "position": 1}
            | names("نتيجة", "Un résultat", "A result")
        ],
        "dim_programme_period": [
            {"programme_code": "PROGRAMME", "period_label": label, "is_main": is_main, "source": "a page"}
            for label, is_main in (("2016, 36 months", False), ("2017-2019", True))
        ],
        "dim_indicator": [
            _indicator("REACH", "persons"),
            _indicator("CHILDREN", "children", data_status="illustrative", across_places="sum"),
            _indicator("RATE", "percent", across_places="none"),
            _indicator("EMPTY", "cases", objective_code=None, **names(None, f"Nom {HOSTILE}", None)),
            _indicator("SECRET", "children", is_sensitive=True),
            _indicator("ODD/CODE", "a_new_unit"),
            _indicator("TREND", "cases", objective_code="SO5"),
        ],
        "dim_organisation": [
            {"organisation_code": "SENDER", "organisation_type": "ministry"} | names("وزارة", "Ministère", "Ministry"),
            {"organisation_code": "OTHER", "organisation_type": "ngo"} | names("جمعية", "Association", "Association"),
        ],
        "dim_place": [
            place("MA", None) | {"place_type": "country"} | names("المغرب", "Maroc", "Morocco"),
            place("MA-01", "MA") | {"place_type": "region"} | names("طنجة", "Tanger", "Tanger"),
            place("MA-02", "MA") | {"place_type": "region"} | names("الشرق", "Oriental", "Oriental"),
            place("MA-LAR", "MA-01") | {"place_type": "province"} | names("العرائش", "Larache", "Larache"),
        ],
        "indicator_by_objective_year": [
            headline("REACH", 406423, **reach),
            headline("CHILDREN", 100, data_status="illustrative", baseline=0, target=400, progress=0.25)
            | {"reports_accepted": 3, "reports_expected": 4, "completeness": 0.75, "rating": "behind"},
            headline("RATE", 96.9, unit="percent", data_status="published"),
            headline("RATE", None, unit="percent", qualifier="not_applicable", year=2023, period_label="2023"),
            headline("ODD/CODE", 4330, qualifier="more_than", unit="a_new_unit", objective_code="SO2"),
            headline("ODD/CODE", None, qualifier="not_reported", data_status="published", objective_code="SO2"),
            headline("SECRET", 51740),
            *[
                headline("TREND", row["value"], objective_code="SO5", unit="cases", baseline=40, target=100)
                | {name: row[name] for name in row if name not in ("place_code", "indicator_code")}
                for row in trend
            ],
        ],
        "indicator_by_place_year": [
            figure("REACH", "MA", 406423) | reach,
            figure("CHILDREN", "MA", 100, period_label="2024", status="illustrative"),
            *[row | {"data_status": "illustrative"} for row in local],
            figure("RATE", "MA", 96.9, period_label="2024", status="published"),
            figure("RATE", "MA", None, 2023, period_label="2023", qualifier="not_applicable"),
            figure("ODD/CODE", "MA", 4330, period_label="2024", qualifier="more_than"),
            figure("ODD/CODE", "MA", None, period_label="2024", status="published"),
            *secret,
            *trend,
            *[
                figure("TREND", code, value, year, "published", period_label=str(year))
                for code, values in (("MA-01", (20, 0, 30)), ("MA-02", (30, 35, None)))
                for year, value in zip((2019, 2020, 2024), values, strict=True)
            ],
        ],
        "indicator_by_group_year": [row | {"data_status": "illustrative", "period_label": "2024"} for row in by_sex]
        + [figure("CHILDREN", "MA-LAR", 22, status="illustrative", period_label="2024") | group(age_group="Y0T5")],
        "fct_observation": [
            observation("REACH", "MA", 406423, **reach, source_text="406.423", source_cell="J6")
            | {"citation": "الوزارة، صفحة المشروع، social.gov.ma", "citation_place": "bullet 3"}
            | {"remark": "the dot separates thousands", "source_sheet": "page"},
            observation("CHILDREN", "MA-LAR", 40, data_status="illustrative", source_text=HOSTILE),
            observation("CHILDREN", "MA-02", 60, data_status="illustrative", receipt_id="r2"),
            observation("CHILDREN", "MA-LAR", 18, data_status="illustrative", sex="F"),
            observation("RATE", "MA", 96.9, data_status="published", source_text="96,9 %"),
            observation("ODD/CODE", "MA", 4330, qualifier="more_than", source_text="أكثر من 4330"),
            observation("SECRET", "MA-01", 3, source_text="three as written", remark="sisters of Ain Secret")
            | {"numerator": 734911},
            observation("SECRET", "MA-02", 51737),
            *[
                observation("TREND", "MA", row["value"])
                | row
                | {"observation_id": f"TREND-{number}"}
                | {"organisation_code": "OTHER" if row["year"] == 2024 else "SENDER"}
                for number, row in enumerate(trend)
            ],
        ],
        "fct_report": [
            {"receipt_id": receipt, "organisation_code": sender, "family": "activity_report", "file_name": name}
            | {"state": "accepted", "verdict": "accepted", "received_at": RECEIVED, "received_date": RECEIVED.date()}
            | {"data_status": kind, "is_standing": standing, "observations_accepted": 5}
            | {"inbox_path": "SENDER/918273.xlsx", "archive_path": "received/918273.xlsx"}
            for receipt, sender, name, standing, kind in (
                ("r1", "SENDER", f"{HOSTILE}.xlsx", True, "reported"),
                ("r2", "SENDER", "تقرير.xlsx", False, "illustrative"),
                ("r3", "OTHER", "rapport.xlsx", True, None),
            )
        ],
        "fct_expected_report": [
            {"organisation_code": "SENDER", "family": "activity_report", "programme_code": "PROGRAMME"}
            | {"period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 3, 31), "period_label": "2024-Q1"}
            | {"due_date": dt.date(2024, 4, 30), "state": state, "days_late": 12, "data_status": "reported"}
            | given
            for state, given in (
                ("overdue", {}),
                # The same report, owed to another programme with more days of grace.
                ("overdue", {"programme_code": "INNER", "due_date": dt.date(2024, 5, 10), "days_late": 2}),
                ("accepted", {}),
            )
        ],
        "reporting_performance": [
            {"organisation_code": "SENDER", "family": "activity_report", "programme_code": "PROGRAMME", "year": 2024}
            | {"period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 3, 31), "period_label": "2024-Q1"}
            | {"data_status": status, "expected": 2, "received": 1, "accepted": 1, "sent_back": 0, "on_time": 0}
            | {"late": 1, "days_late": 12, "completeness": 0.5}
            | given
            for status, given in (
                ("reported", {}),
                # The same reports, owed to another programme with more days of grace.
                ("reported", {"programme_code": "INNER", "on_time": 1, "late": 0, "days_late": 0}),
                ("illustrative", {}),
            )
        ],
        "fct_target": [
            {"indicator_code": "TREND", "baseline": 40, "target": 100, "data_status": "published"},
            {"indicator_code": "CHILDREN", "baseline": 0, "target": 400, "data_status": "illustrative"}
            | {"valid_from": dt.date(2024, 1, 1), "valid_to": dt.date(2024, 12, 31)},
        ],
        "fct_deliverable": [
            {"deliverable_code": "SPOT", "programme_code": "PROGRAMME", "indicator_code": "REACH"}
            | {"deliverable_type": "spot", "status": "under_approval", "data_status": "published"}
            | {"first_period_label": "2017-2019", "citation": "a page"}
            | names("شريط", "Spot vidéo", "Video spot")
        ],
        "data_quality": [
            {"organisation_code": "SENDER", "family": "activity_report", "rule_code": code, "severity": "critical"}
            | {"data_status": status, "rows_judged": judged, "rows_failed": failed}
            | {"findings": 2, "rows_quarantined": 1}
            for code, status, judged, failed in (
                ("FILE_EMPTY", None, None, None),
                ("VALUE_NEGATIVE", "reported", 40, 2),
                ("VALUE_NEGATIVE", "illustrative", 9, 0),
            )
        ],
        "reconciliation": [
            {"reconciliation_id": "1", "kind": "printed_vs_computed", "indicator_code": "REACH", "place_code": "MA"}
            | {"data_status": "published", "period_label": "2017-2019", "left_label": "printed", "left_value": 1}
            | {"right_label": "computed", "right_value": 2, "difference": 1, "status": "different"}
            | names("لأن", "parce que", "because", "explanation")
        ],
        "restatement": [
            {"restatement_id": "1", "indicator_code": "CHILDREN", "organisation_code": "SENDER", "place_code": "MA-LAR"}
            | {"period_label": "2024", "data_status": "illustrative", "change": "value", "reason": "revision"}
            | {"old_value": 39, "old_qualifier": "exact", "new_value": 40, "new_qualifier": "exact"}
            | {"restated_at": RECEIVED, **group()}
        ],
        "release_change": [
            {"programme_code": "PROGRAMME", "indicator_code": "REACH", "data_status": "published", "change": "added"}
            | {"reason": "revision + correction", "new_value": 406423, "new_qualifier": "exact", **PROJECT_SPAN}
        ],
    }


def write_public(folder: Path) -> Path:
    """The public folder of the made-up release, its database in it."""
    given = rows()
    # The suppressed count again, where the restricted file tells most of it.
    given["quarantine"] = [{"receipt_id": "r1", "source_text": "three as written"}]
    given["release_change"][0].pop("is_multi_year")
    warehouse = write_release(folder / "warehouse.duckdb", given)
    public.write(folder, warehouse, Policy(), [])
    return folder / public.FOLDER


def write_parquet(public_folder: Path, edition: Edition = EDITION) -> None:
    """The Parquet files of a public folder, beside its database, as an export of this edition."""
    with contents.opened(public_folder / contents.DATABASE) as source:
        parquet.write(source, public_folder / "parquet", edition)


@dataclass
class Node:
    """An element of a page."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)

    def walk(self) -> Iterator["Node"]:
        """This element and all within it, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def all(self, *tags: str, **attributes: str) -> list["Node"]:
        """The elements within of these kinds (all of them without any), with these attributes."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            node
            for node in self.walk()
            if (not tags or node.tag in tags)
            and all(
                value in node.attributes.get(name, "").split()
                if name == "class"
                else node.attributes.get(name) == value
                for name, value in wanted.items()
            )
        ]

    def one(self, *tags: str, **attributes: str) -> "Node":
        """The only such element."""
        (found,) = self.all(*tags, **attributes)
        return found

    @property
    def text(self) -> str:
        """What it says, on one line."""
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return re.sub(r"[ \n]+", " ", "".join(parts)).strip(" ")


_VOID = {"meta", "link", "input", "br", "img", "hr"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in <{tag}>"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read(path: Path) -> Node:
    """A page as a tree. Raises AssertionError where its elements are not closed in order."""
    return tree(path.read_text(encoding="utf-8"), str(path))


def tree(text: str, name: str = "") -> Node:
    """A page, or a part of one, as a tree. Raises AssertionError as `read` does."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader._open) == 1, f"{name}: <{reader._open[-1].tag}> is not closed"
    return reader.root
