"""Long tables over several pages: nothing is lost, nothing is told twice, and no page is too long."""

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orchestration.portal import grids
from orchestration.portal.addresses import Here, Origins, file_name
from orchestration.portal.data import Figure, Framework, Group, IndicatorData, Observation
from orchestration.portal.pages import origin
from orchestration.portal.site import parts

CHILDREN = {"MA": ("MA-01", "MA-02"), "MA-01": ("MA-LAR",)}
FRAMEWORK = Framework((), {}, {}, {}, {}, (), (), (), {}, (), (), (), (), (), {}, {}, children=CHILDREN)


def observation(number: int, year: int, place_code: str) -> Observation:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    rest = dict.fromkeys(Observation._fields)
    rest |= {"observation_id": f"o{number}", "receipt_id": "r", "organisation_code": "O", "place_code": place_code}
    rest |= {"year": year, "period_label": str(year), "period_start": first, "period_end": last, "group": Group()}
    return Observation(**rest | {"value": Decimal(number), "qualifier": "exact", "data_status": "reported"})  # type: ignore[arg-type]


def figure(year: int, place_code: str, status: str = "reported") -> Figure:
    days = dt.date(year, 1, 1), dt.date(year, 12, 31)
    return Figure("CODE", place_code, year, str(year), *days, status, Decimal(1), "exact")


KEYS = st.tuples(st.integers(2015, 2024), st.sampled_from(["MA", "MA-01", "MA-02", "MA-LAR"]))


@given(st.dictionaries(KEYS, st.integers(0, 500), max_size=12), st.sets(KEYS, max_size=8))
def test_statements_are_dealt_out_whole(counts: dict[tuple[int, str], int], shown: set[tuple[int, str]]) -> None:
    ordered = sorted(counts, key=lambda key: (-key[0], key[1]))
    statements = [observation(number, *key) for key in ordered for number in range(counts[key])]
    bundle = IndicatorData(
        {"indicator_code": "CODE"}, tuple(figure(*key) for key in sorted(shown)), (), tuple(statements)
    )
    origins = Origins()
    layout = origin.lay_out(bundle, FRAMEWORK, origins)

    sections = [section for page in layout.pages for section in page]
    assert sorted(row.value for section in sections for row in section.statements) == sorted(  # type: ignore[type-var]
        row.value for row in statements
    )
    begun = [(section.year, section.place_code) for section in sections if not section.is_continued]
    assert len(begun) == len(set(begun))
    assert set(begun) == {key for key, count in counts.items() if count} | shown
    for number, page in enumerate(layout.pages, start=1):
        assert sum(len(section.statements) for section in page) <= 355
        for section in page:
            if not section.is_continued:
                name = "origin/CODE.html" if number == 1 else f"origin/CODE.{number}.html"
                told = origins.address("CODE", section.year, section.place_code)
                assert told == f"{name}#y{section.year}-{section.place_code}"


def test_a_place_names_the_places_within_that_have_statements() -> None:
    bundle = IndicatorData({"indicator_code": "CODE"}, (figure(2024, "MA"),), (), (observation(1, 2024, "MA-02"),))
    country, region = origin.lay_out(bundle, FRAMEWORK, Origins()).pages[0]
    assert (country.within, region.within) == (("MA-02",), ())


@given(
    st.sets(
        st.tuples(st.integers(1990, 2024), st.integers(0, 99), st.sampled_from(["reported", "published"])), max_size=300
    ),
)
def test_a_grid_is_dealt_out_whole(cells: set[tuple[int, int, str]]) -> None:
    figures = [figure(year, f"P{place:02}", status) for year, place, status in sorted(cells)]
    whole = grids.grid(figures, lambda row: row.place_code, str)
    pages = list(grids.split(whole))
    assert len(pages) >= 1
    shown = [
        page.cells[row, column]
        for page in pages
        for row in page.rows
        for column in page.columns
        if (row, column) in page.cells
    ]
    assert sorted(shown) == sorted(figures)
    assert all(len(page.rows) * len(page.columns) <= grids.CELLS_A_PAGE for page in pages)
    ends = [column.period_end for column in whole.columns]
    assert ends == sorted(ends, reverse=True)


@given(st.lists(st.integers(), max_size=700), st.integers(1, 300))
def test_rows_go_on_on_further_pages(rows: list[int], size: int) -> None:
    dealt = list(parts(rows, lambda number: f"page.{number}", size))
    assert [row for _, some in dealt for row in some] == rows
    assert all(
        part.number == position and part.total == len(dealt) for position, (part, _) in enumerate(dealt, start=1)
    )


@given(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=8))
def test_a_code_is_a_safe_file_name_of_its_own(one: str, other: str) -> None:
    assert all(letter.isascii() and (letter.isalnum() or letter in "_-~") for letter in file_name(one))
    if one != other:
        assert file_name(one) != file_name(other)


def test_links_go_up_as_far_as_they_must() -> None:
    assert Here("fr", "index.html").to("place/MA-01.html") == "place/MA-01.html"
    assert Here("fr", "place/MA-01.html").to("index.html") == "../index.html"
    assert Here("fr", "place/MA-01.html").root("assets/portal.css") == "../../assets/portal.css"
