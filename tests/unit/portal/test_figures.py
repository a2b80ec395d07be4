"""Figures as a reader sees them: their marks, their languages, and where they come from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.settings import LANGUAGES
from tests.unit.portal.made import Node

Read = Callable[[str], Node]
REACH = {"ar": "406.423", "fr": "406\u202f423", "en": "406,423"}


def table_row(root: Node, heading: str) -> Node:
    """The row of a page's tables whose heading says this."""
    (found,) = [row for row in root.all("tr") if row.all("th", scope="row") and heading in row.one("th").text]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_leads_to_its_report_its_cell_and_its_text(read_page: Read, folder: Path, language: str) -> None:
    """The digital campaign's 406.423: from the page of its objective one click, from the start page two."""
    start = read_page(f"{language}/index.html")
    (figure,) = [node for node in start.all("a") if node.text == REACH[language]]
    address, anchor = figure.attributes["href"].split("#")
    section = read_page(f"{language}/{address}").one("section", id=anchor)
    report = section.one("div", class_="report")
    assert report.one("q").text == "406.423"
    assert report.one("code").text == "J6"
    assert report.one("dl").one("bdi").text == "page"
    assert "social.gov.ma" in report.text
    assert "bullet 3" in report.text
    assert "the dot separates thousands" in report.text
    assert report.one("p").all("a")[0].attributes["href"] == "../organisation/SENDER.html"


def test_each_kind_of_figure_is_marked_in_words(read_page: Read) -> None:
    home = read_page("en/index.html")
    assert table_row(home, "Indicator REACH").one(class_="status-published").text == "official"
    made_up = table_row(home, "Indicator CHILDREN")
    assert made_up.one(class_="status-illustrative").text == "illustrative"
    assert "row-illustrative" in made_up.attributes["class"]
    assert made_up.one(class_="provisional").text == "provisional: 3 of 4 reports"
    assert len(home.all(class_="provisional")) == 1
    assert table_row(home, "Indicator SECRET").one(class_="status-reported").text == "reported"


def test_each_absence_and_each_bound_is_told_in_words(read_page: Read) -> None:
    rate = read_page("en/indicator/RATE.html")
    assert table_row(rate, "2023").one(class_="is-not_applicable").text == "does not apply"
    assert table_row(rate, "2024").one("a").text == "96.9%"
    odd = read_page("en/objective/SO2.html")
    assert odd.one(class_="is-not_reported").text == "not reported"
    assert odd.one(class_="is-more_than").text == "more than 4,330"
    withheld = read_page("en/indicator/SECRET.html").one("section", aria_labelledby="places")
    assert {node.text for node in withheld.all(class_="is-suppressed")} == {"withheld"}
    assert len(withheld.all(class_="is-suppressed")) == 2


def test_a_withheld_statement_tells_where_it_stands_and_not_what(read_page: Read) -> None:
    section = read_page("en/origin/SECRET.html").one("section", id="y2024-MA-01")
    assert section.one("code").text == "B7"
    assert not section.all("q")
    assert "withheld" in section.one("dl").text


def test_progress_and_target(read_page: Read) -> None:
    row = table_row(read_page("fr/indicator/CHILDREN.html").one("section", aria_labelledby="series"), "2024")
    assert row.one("progress").attributes["value"] == "25"
    assert "25\u202f%" in row.text
    assert "cible 400" in row.text
    assert row.one(class_="rating-behind").text == "en retard"


def test_a_name_in_another_language_is_marked(read_page: Read) -> None:
    heading = read_page("en/programme/PROGRAMME.html").one("h1")
    name = heading.one("span")
    assert (name.text, name.attributes["lang"], name.attributes["dir"]) == ("Programme en français", "fr", "ltr")
    assert heading.one("small").text == "(in French)"
    in_french = read_page("fr/programme/PROGRAMME.html").one("h1")
    assert (in_french.text, in_french.all("small")) == ("Programme en français", [])


def test_a_code_without_a_word_is_marked(read_page: Read) -> None:
    unit = read_page("ar/indicator/ODD~2fCODE.html").all(class_="untranslated")[0]
    assert (unit.text, unit.attributes["dir"]) == ("a new unit", "ltr")


def test_objectives_without_a_figure_say_so_in_their_place(read_page: Read) -> None:
    home = read_page("en/index.html")
    chapters = [node.one("h2").attributes["id"] for node in home.all("section", class_="chapter")]
    assert chapters == ["SO1", "SO2", "SO3", "SO4", "SO5", "none"]
    empty = home.one("section", aria_labelledby="SO1")
    assert "No figure yet" in empty.text
    assert not empty.all("table")
    year = read_page("en/tally/2024.html")
    assert "No figure of this year" in year.one("section", aria_labelledby="SO3").text


def test_the_matrix_counts_and_leads_to_the_figures(read_page: Read) -> None:
    home = read_page("en/index.html")
    row = table_row(home.one("section", aria_labelledby="matrix"), "4. Objective 4")
    assert [node.text for node in row.all("td")] == ["3", "1", "–no figure", "–no figure", "1"]
    years = [node.text for node in home.one("section", aria_labelledby="matrix").one("thead").all("th")]
    assert years == ["Strategic objective", "2024", "2023", "2022", "2020", "2019"]
    assert row.all("td")[0].one("a").attributes["href"] == "tally/2024.html#SO4"


def test_a_span_of_years_stays_in_order_among_arabic_letters(read_page: Read) -> None:
    row = read_page("ar/indicator/REACH.html").one("section", aria_labelledby="series").one("tbody").one("tr")
    assert row.one("th").text == "\u20662017-2019\u2069"


def test_a_region_stands_beside_the_country(read_page: Read) -> None:
    row = table_row(read_page("en/place/MA-01.html"), "Indicator CHILDREN")
    assert [node.text for node in row.all("td", class_="number")] == ["40", "100"]


def test_places_and_groups_of_an_indicator(read_page: Read) -> None:
    root = read_page("en/indicator/CHILDREN.html")
    places = root.one("section", aria_labelledby="places").one("tbody")
    assert [row.text for row in places.all("tr")] == ["Tanger 40", "Larache 40", "Oriental 60"]
    groups = root.one("section", aria_labelledby="groups").one("tbody")
    assert [row.text for row in groups.all("tr")] == ["girls, women 55", "boys, men 45"]
    local = read_page("en/indicator/CHILDREN.place-groups.html")
    assert [row.text for row in local.one("tbody").all("tr")] == ["Larache: 0 to 5 years 22"]


def test_how_it_is_added_up_is_told_in_words(read_page: Read) -> None:
    told = read_page("fr/indicator/CHILDREN.html").one("section", aria_labelledby="adding-up").text
    assert "Les lieux sont additionnés." in told
    assert "Les périodes d'une année sont additionnées." in told
    assert "ne sont pas réunis" in read_page("fr/indicator/RATE.html").one("section", aria_labelledby="adding-up").text


def test_a_figure_from_below_leads_to_the_places_that_gave_it(read_page: Read) -> None:
    section = read_page("en/origin/CHILDREN.html").one("section", id="y2024-MA")
    assert not section.all("div", class_="report")
    assert "put together from the places within it" in section.text
    assert [node.attributes["href"] for node in section.all("a")] == [
        "../origin/CHILDREN.html#y2024-MA-01",
        "../origin/CHILDREN.html#y2024-MA-02",
    ]


def test_a_programme_with_its_deliverables(read_page: Read) -> None:
    root = read_page("en/programme/PROGRAMME.html")
    spot = table_row(root, "Video spot")
    assert spot.one(class_="deliverable-under_approval").text == "under approval"
    facts = {
        node.one("dt").text: ", ".join(told.text for told in node.all("dd"))
        for node in root.one("dl", class_="facts").all("div")
    }
    assert facts["Period"] == "from 1 January 2017 to 31 December 2019"
    assert facts["Owner"] == "Ministry"
    assert facts["Reports accepted"] == "1 of 2 reported, 1 of 2 illustrative"
    assert root.one("section", aria_labelledby="results").one("li").text == "A result"
    printed = root.one("section", aria_labelledby="periods").all("li")
    assert [item.all("bdi")[0].text for item in printed] == ["2017-2019", "2016, 36 months"]
    assert [bool(item.all(class_="mark")) for item in printed] == [True, False]


def test_reporters_of_different_kinds_are_not_counted_together(read_page: Read) -> None:
    years = read_page("en/reporting.html").one("section", aria_labelledby="years").one("tbody")
    told = {row.one(class_="mark").text: [node.text for node in row.all("td")] for row in years.all("tr")}
    assert told["illustrative"] == ["2", "1", "0", "1", "50%"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["1 of 2 reported", "1 of 2 illustrative"]),
        ("fr", ["1 sur 2 déclaré", "1 sur 2 illustratif"]),
        ("ar", ["1 من 2 مصرح به", "1 من 2 توضيحي"]),
    ],
)
def test_a_programme_counts_made_up_reports_apart_and_marks_them(
    read_page: Read, language: str, told: list[str]
) -> None:
    facts = read_page(f"{language}/programme/PROGRAMME.html").one("dl", class_="facts")
    (reports,) = [node for node in facts.all("div") if node.all(class_="status-illustrative")]
    assert [node.text for node in reports.all("dd")] == told


def test_a_report_that_is_owed_to_two_programmes_counts_once_by_its_longest_grace(read_page: Read) -> None:
    root = read_page("en/reporting.html")
    by_year = table_row(root.one("section", aria_labelledby="years"), "reported")
    assert [node.text for node in by_year.all("td")] == ["2", "1", "1", "0", "50%"]
    completeness = root.one("section", aria_labelledby="completeness")
    assert table_row(completeness, "reported").one("td").text == "1 of 2"
    assert "Accepted: 1 of 2 (reported), 1 of 2 (illustrative)." in completeness.one("p", class_="note").text
    waiting = root.one("section", aria_labelledby="waiting").one("tbody").one("tr")
    assert "1st quarter of 2024" in waiting.text
    assert "Inner programme" in waiting.text
    assert "Programme en français" in waiting.text
    assert "10 May 2024" in waiting.text
    assert "days late: 2" in waiting.text


def test_quality_names_the_rules_and_tells_zero_from_not_judged(read_page: Read) -> None:
    root = read_page("fr/quality.html")
    assert "Fichier vide" in table_row(root, "FILE_EMPTY").text
    assert "ne juge pas de valeurs" in table_row(root, "FILE_EMPTY").text
    assert [node.text for node in table_row(root, "VALUE_NEGATIVE déclaré").all("td")][1:] == ["40", "2", "2", "1"]


def test_what_rules_found_in_made_up_reports_is_counted_apart(read_page: Read) -> None:
    root = read_page("en/quality.html")
    rows = [row for row in root.one("section", aria_labelledby="rules").all("tr") if "VALUE_NEGATIVE" in row.text]
    assert [(row.one("th").text.split()[-1], row.all("td")[1].text) for row in rows] == [
        ("reported", "40"),
        ("illustrative", "9"),
    ]
    assert "kind not known" in table_row(root, "FILE_EMPTY").text
    by_reporter = root.one("section", aria_labelledby="reporters").all("th", scope="row")
    assert [node.text.rsplit(" ", 1)[-1] for node in by_reporter] == ["reported", "illustrative", "known"]
    compared = root.one("section", aria_labelledby="reconciliation").all("tr")[1]
    assert compared.one("th").text.endswith("official")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "accepted 1 reported 1 illustrative 1 kind not known"),
        ("fr", "accepté 1 déclaré 1 illustratif 1 nature inconnue"),
        ("ar", "مقبول 1 مصرح به 1 توضيحي 1 طبيعة غير معروفة"),
    ],
)
def test_verdicts_on_made_up_reports_are_counted_apart(read_page: Read, language: str, told: str) -> None:
    verdicts = read_page(f"{language}/quality.html").one("section", aria_labelledby="verdicts").all("li")
    assert verdicts[0].text == told
    assert verdicts[-1].one("strong").text == "0"


def test_what_changed_and_why(read_page: Read) -> None:
    row = table_row(read_page("en/changes.html"), "Indicator REACH")
    assert "a report was received · a known error was corrected" in row.text
    assert row.all("td", class_="number")[1].text == "406,423"


def test_downloads_tell_what_is_there_and_how_large(read_page: Read) -> None:
    root = read_page("fr/downloads.html")
    assert [node.text for node in table_row(root, "README.txt").all("td")] == ["Texte à lire", "7\u202foctets"]
    assert table_row(root, "hasila.duckdb").one("a").attributes["href"] == "../../hasila.duckdb"
    (inside,) = root.one("details").all("li")
    assert inside.text == "parquet/dim_place.parquet 2,5\u202fko"
