"""The page of SQL in a browser: examples, results, their CSV, and what it says where it cannot work.

No database lies beside the portals of these tests: what is answered stands in the Parquet files.
"""

import csv
import dataclasses
import datetime as dt
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page

from orchestration import portal
from orchestration.portal import engine, serve
from orchestration.portal.pages import ask
from orchestration.release.exports import DATABASE, Edition, contents
from orchestration.release.exports.contents import Mart
from orchestration.settings import LANGUAGES
from tests.browser.conftest import Open, Portal, served
from tests.browser.test_accessible import SCHEMES, violations
from tests.helpers import PORTAL_SCRIPTS
from tests.unit.portal import made

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

KEPT = PORTAL_SCRIPTS / "with-duckdb"
"""A folder of its own: the releases of other tests have no page of SQL, wherever they run."""
SECONDS = 60_000
"""DuckDB is 34 MB, and compiled anew on every page."""


@pytest.fixture(scope="module")
def with_duckdb() -> None:
    """DuckDB for the page is made; skips where npm cannot fetch it."""
    try:
        engine.make(KEPT)
    except engine.EngineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def asked(with_duckdb: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The portal of the made-up release with DuckDB in it."""
    release = tmp_path_factory.mktemp("asked") / "releases" / made.EDITION.release_id
    release.mkdir(parents=True)
    public = made.write_public(release)
    made.write_parquet(public)
    with served_alone(public, made.EDITION) as site:
        yield site


@pytest.fixture(scope="module")
def asked_really(with_duckdb: None, real: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The portal of what `make load` releases with DuckDB in it."""
    public = real.folder.parent
    edition = dataclasses.replace(made.EDITION, release_id=public.resolve().parent.name)
    copy = tmp_path_factory.mktemp("asked") / "releases" / edition.release_id / public.name
    shutil.copytree(public / "parquet", copy / "parquet")
    shutil.copyfile(public / DATABASE, copy / DATABASE)
    with served_alone(copy, edition) as site:
        yield site


@contextmanager
def served_alone(public: Path, edition: Edition) -> Iterator[Portal]:
    """A portal for this public folder of a release, served without the database that it was made from."""
    portal.write(public, edition, kept=KEPT)
    (public / DATABASE).unlink()
    release, published = public.parent, public.parent.parent.parent
    (release / "manifest.json").write_text("{}")
    (published / "current").symlink_to(release.relative_to(published))
    with served(published) as site:
        yield site


def typed(page: Page, sql: str) -> None:
    """Ask this."""
    page.locator("#sql").fill(sql)
    page.locator("#sql").press("Control+Enter")


def refused(page: Page) -> tuple[str, str]:
    """What the page says where it has no answer: in its own words, and in those of what failed."""
    page.locator("[role=alert]").wait_for(timeout=SECONDS)
    return page.locator("[role=status]").inner_text(), page.locator("[role=alert]").inner_text()


def answer(page: Page) -> list[list[str]]:
    """The rows of the result, once it is there."""
    page.locator("[data-take=csv]:enabled").wait_for(timeout=SECONDS)
    return [row.locator("td").all_inner_texts() for row in page.locator("#answer tbody tr").all()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_are_answered_in_the_readers_language(open_page: Open, asked: Portal, language: str) -> None:
    page = open_page(asked.at(f"{language}/downloads.html"))
    page.locator("a[href='ask.html']").click()
    page.locator("[data-sql]").first.click()
    rows = answer(page)
    name = {"ar": "مؤشر TREND", "fr": "Indicateur TREND", "en": "Indicator TREND"}[language]
    assert ["2024", name, "80", "exact", "cases"] in rows
    with page.expect_download() as waiting:
        page.locator("[data-take=csv]").click()
    assert waiting.value.suggested_filename == "hasila.csv"
    taken = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    told = list(csv.reader(io.StringIO(taken)))
    assert told[0] == ["year", "indicator", "value", "qualifier", "unit"]
    assert told[1:] == rows
    for number in range(1, len(ask.EXAMPLES)):
        page.locator("[data-sql]").nth(number).click()
        assert answer(page), number


def test_what_one_types_is_answered_exactly_and_a_mistake_is_told(open_page: Open, asked: Portal) -> None:
    page = open_page(asked.at("en/ask.html"))
    typed(
        page,
        "select 12345678901234567.10::decimal(20, 2) as a, date '2024-02-29' as b, 'x,\"y' as c, null as d, 1.50 as e;",
    )
    assert answer(page) == [["12345678901234567.1", "2024-02-29", 'x,"y', "", "1.5"]]
    numbers = {
        "100": "100",
        "100::decimal(10, 2)": "100",
        "-0.50": "-0.5",
        "100::double": "100",
        "2.5::double": "2.5",
        "1.5e-10::double": "1.5e-10",
        "-1.5e+20::double": "-1.5e+20",
        "1e+300::double": "1e+300",
    }
    typed(page, "select " + ", ".join(f"{sql} as c{number}" for number, sql in enumerate(numbers)))
    page.locator("#answer th", has_text="c7").wait_for(timeout=SECONDS)
    assert answer(page) == [list(numbers.values())]
    with page.expect_download() as waiting:
        page.locator("[data-take=csv]").click()
    taken = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert list(csv.reader(io.StringIO(taken)))[1:] == [list(numbers.values())]
    typed(page, "select nothing from nowhere")
    told, why = refused(page)
    assert "DuckDB" in told
    assert "nowhere" in why
    # What is withheld is not in the file that is asked.
    typed(
        page,
        "select distinct value, qualifier from indicator_by_place_year "
        "where indicator_code = 'SECRET' and place_code <> 'MA'",
    )
    assert answer(page) == [["", "suppressed"]]
    typed(page, "select * from range(1200)")
    assert len(answer(page)) == 500
    assert "1,200" in page.locator("[role=status]").inner_text()


def test_no_spreadsheet_takes_a_text_of_the_csv_for_a_formula(open_page: Open, asked: Portal) -> None:
    formulas = [
        '=HYPERLINK("https://example.org","x")',
        "+1",
        "-1",
        "@SUM(A1)",
        " =1",
        "\t",
        "\n=1",
        "\x01@x",
        "\uff1d1",
    ]
    harmless = ["3 - 1", "'=1", "a=b", "", "\u0639=1", 'x,"y']
    page = open_page(asked.at("en/ask.html"))
    texts = ", ".join("'" + text.replace("'", "''") + "'" for text in [*formulas, *harmless])
    typed(
        page,
        f'select unnest([{texts}]) as "=1+1", -1.5 as number, interval (-5) days as span, [-1]::integer[] as list',
    )
    page.locator("#answer th", has_text="=1+1").wait_for(timeout=SECONDS)
    # On the page nothing runs: there every text is as it is.
    assert answer(page)[0][0] == formulas[0]
    with page.expect_download() as waiting:
        page.locator("[data-take=csv]").click()
    taken = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(taken, newline=""))
    assert head == ["'=1+1", "number", "span", "list"]
    assert [row[0] for row in rows] == [*(f"'{text}" for text in formulas), *harmless]
    # A negative number is a number.
    assert {tuple(row[1:]) for row in rows} == {("-1.5", "'-5 days", "[-1]")}


def test_every_mart_is_asked_with_the_types_and_values_that_it_was_released_with(
    open_page: Open, asked_really: Portal, real: Portal
) -> None:
    page = open_page(asked_really.at("en/ask.html"))
    typed(page, "select table_name, column_name, data_type, comment from duckdb_columns() where schema_name = 'marts'")
    with page.expect_download() as waiting:
        page.locator("[data-take=csv]:enabled").click(timeout=SECONDS)
    told = list(csv.reader(io.StringIO(Path(waiting.value.path()).read_bytes().decode("utf-8-sig"))))[1:]
    with contents.opened(real.folder.parent / DATABASE) as released:
        marts = released.marts
        columns = [[name, *dataclasses.astuple(column)] for name, mart in marts.items() for column in mart.columns]
        # Stable: the columns of a table keep their order.
        assert sorted(told, key=lambda row: row[0]) == columns
        sums = " union all ".join(_sum(mart) for mart in marts.values()) + " order by mart"
        released.connection.execute("use released.marts")
        wanted = released.connection.execute(sums).fetchall()
    typed(page, sums)
    page.locator("#answer th", has_text="content").wait_for(timeout=SECONDS)
    assert [tuple(row) for row in answer(page)] == [(mart, str(rows), content or "") for mart, rows, content in wanted]
    typed(page, "select distinct value as people from indicator_by_objective_year where value = 406423")
    page.locator("#answer th", has_text="people").wait_for(timeout=SECONDS)
    assert answer(page) == [["406423"]]


def _sum(mart: Mart) -> str:
    """SQL for how many rows a mart has, and a sum over all that they hold."""
    row = " || '|' || ".join(f"coalesce(\"{column.name}\"::varchar, 'null')" for column in mart.columns)
    content = f"md5(string_agg({row}, ';' order by {row}))"
    return f"select '{mart.name}' as mart, count(*) as rows, {content} as content from {mart.name}"


def test_a_table_is_read_from_its_own_file_when_a_query_names_it(open_page: Open, asked: Portal) -> None:
    page = open_page(asked.at("en/ask.html"))
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(Path(request.url).name))
    typed(page, "select place_code from DIM_PLACE where place_code = 'MA'")
    assert answer(page) == [["MA"]]
    typed(page, "select count(*) as places from marts.dim_place")
    page.locator("#answer th", has_text="places").wait_for(timeout=SECONDS)
    assert [name for name in fetched if name.endswith(".parquet")] == ["dim_place.parquet"]
    typed(page, "select count(*) as tables from duckdb_tables() where table_name <> 'dim_place'")
    page.locator("#answer th", has_text="tables").wait_for(timeout=SECONDS)
    files = sorted(path.name for path in (asked.folder.parent / "parquet").iterdir())
    assert len(files) > 10
    assert answer(page) == [[str(len(files) - 1)]]
    assert sorted(name for name in fetched if name.endswith(".parquet")) == files


def test_a_server_need_not_know_the_kinds_of_its_files(
    open_page: Open, asked: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for suffix in (".wasm", ".parquet"):
        monkeypatch.setitem(serve._TYPES, suffix, "text/plain")
    page = open_page(asked.at("ar/ask.html"))
    typed(page, "select place_code from dim_place where place_code = 'MA'")
    assert answer(page) == [["MA"]]


def test_a_file_that_is_damaged_or_of_another_release_is_named(open_page: Open, asked: Portal, tmp_path: Path) -> None:
    public = tmp_path / "release"
    public.mkdir()
    newer = dataclasses.replace(made.EDITION, release_id="20210501T103000Z-0badcafe", as_of_date=dt.date(2021, 5, 1))
    made.write_parquet(made.write_public(public), newer)
    other = (public / "public" / "parquet" / "dim_objective.parquet").read_bytes()
    page = open_page(asked.at("fr/ask.html"))
    page.route("**/dim_objective.parquet", lambda route: route.fulfill(body=other))
    page.route("**/dim_place.parquet", lambda route: route.fulfill(body=b"PAR1" * 500))
    typed(page, "select count(*) from dim_objective")
    told, why = refused(page)
    assert "Rechargez la page" in told
    assert why == "parquet/dim_objective.parquet"
    typed(page, "select count(*) from dim_place")
    page.locator("[role=alert]", has_text="dim_place").wait_for(timeout=SECONDS)
    told, why = refused(page)
    assert "n'a pas pu être lu" in told
    assert why.startswith("parquet/dim_place.parquet: ")
    # Others answer all the same, and so does this one once its file is whole.
    for table in ("dim_indicator", "dim_place"):
        page.unroute(f"**/{table}.parquet")
        typed(page, f"select count(*) > 0 as {table} from {table}")
        page.locator("#answer th", has_text=table).wait_for(timeout=SECONDS)
        assert answer(page) == [["true"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_it_cannot_work_the_page_says_so(open_page: Open, asked: Portal, language: str) -> None:
    page = open_page(asked.on_disk(f"{language}/ask.html"))
    assert page.locator("#ask").is_hidden()
    assert "hasila serve" in page.locator("#without-script").inner_text()
    page = open_page(asked.at(f"{language}/ask.html"), java_script_enabled=False)
    assert page.locator("#ask").is_hidden()
    page.locator("#without-script a").click()
    assert page.url.endswith("downloads.html")


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_and_a_phone_scrolls_in_one_direction(
    open_page: Open, asked: Portal, axe: str, language: str
) -> None:
    page = open_page(asked.at(f"{language}/ask.html"), viewport={"width": 320, "height": 640})
    page.locator("[data-sql]").first.click()
    assert answer(page)
    page.locator("#tables summary").click()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert violations(page, axe) == [], scheme
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320
