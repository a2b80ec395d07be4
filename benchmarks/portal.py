"""How long the portal of a large release takes, and how large its pages are.

    python -m benchmarks.portal PUBLIC.duckdb [--indicators 500] [--observations 100000] [--out DIR]

`PUBLIC.duckdb` is the public file of any release: its framework and places stand, its indicators are multiplied, and
figures and statements are made up for the provinces, by sex, over as many years as the number of statements asks.
"""

import argparse
import datetime as dt
import math
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from orchestration import portal
from orchestration.release.exports import Edition

_LAST_YEAR = 2024
_SEXES = 2

_INDICATORS = """
create temp table made as
select shape.* exclude (rank) replace (
    'BENCH_' || lpad(number::varchar, 4, '0') as indicator_code,
    name_ar || ' ' || number as name_ar, name_fr || ' ' || number as name_fr, name_en || ' ' || number as name_en,
    'sum' as across_places, 'sum' as across_periods, 'sum' as across_sources, 'reported' as data_status
)
from range({indicators}) as numbers (number)
join (select row_number() over (order by indicator_code) as rank, * from dim_indicator) as shape
    on shape.rank = 1 + numbers.number % (select count(*) from dim_indicator);
delete from dim_indicator;
insert into dim_indicator select * from made;
"""

# One statement for each indicator, province, year and sex; the figures are what they add up to.
_STATEMENTS = """
create temp table statement as
select
    indicator.indicator_code,
    indicator.programme_code,
    indicator.objective_code,
    indicator.unit,
    place.place_code,
    place.parent_code as region_code,
    year::integer as year,
    make_date(year, 1, 1) as period_start,
    make_date(year, 12, 31) as period_end,
    year::varchar as period_label,
    sex,
    10 + hash(indicator.indicator_code, place.place_code, year, sex) % 90000 as value
from dim_indicator as indicator
cross join (
    select place_code, parent_code from dim_place
    where place_type in ('province', 'prefecture') order by place_code limit {provinces}
) as place
cross join range({first_year}, {last_year} + 1) as years (year)
cross join (values ('F'), ('M')) as sexes (sex);

delete from fct_observation where observation_id <> (select min(observation_id) from fct_observation);
create temp table shape as select * from fct_observation;
delete from fct_observation;
insert into fct_observation
select shape.* replace (
    md5(concat_ws('|', statement.indicator_code, statement.place_code, statement.year, statement.sex))
        as observation_id,
    statement.indicator_code as indicator_code, statement.place_code as place_code, statement.year as year,
    statement.period_start as period_start, statement.period_end as period_end,
    statement.period_label as period_label, statement.sex as sex, statement.value as value,
    'reported' as data_status, false as is_multi_year, 'exact' as qualifier,
    'E' || (1 + statement.value % 400)::varchar as source_cell, statement.value::varchar as source_text,
    null as citation, null as citation_place, null as remark
)
from statement cross join shape;

create temp table figure as
select indicator_code, programme_code, objective_code, unit, year, period_start, period_end, period_label, sex,
    level.place_code, sum(value) as value
from statement
cross join lateral (values (place_code), (region_code), ('MA')) as level (place_code)
group by all
"""

_FIGURES = """
create temp table {mart}_shape as select * from {mart} limit 1;
delete from {mart};
insert into {mart} by name
select {mart}_shape.* replace (
    figure.objective_code as objective_code, figure.programme_code as programme_code,
    figure.indicator_code as indicator_code, indicator.name_ar as indicator_name_ar,
    indicator.name_fr as indicator_name_fr, indicator.name_en as indicator_name_en, figure.unit as unit,
    figure.year as year, figure.period_start as period_start, figure.period_end as period_end,
    figure.period_label as period_label, false as is_multi_year, figure.value as value, 'exact' as qualifier,
    'reported' as data_status {further}
)
from {figures} as figure
join dim_indicator as indicator on indicator.indicator_code = figure.indicator_code
cross join {mart}_shape
{where}
"""
_TOTALS = (
    "(select indicator_code, programme_code, objective_code, unit, year, period_start, period_end, period_label, "
    "place_code, sum(value) as value from figure group by all)"
)


def enlarge(database: Path, indicators: int, observations: int) -> int:
    """Fill a public file with made-up figures; returns the number of statements."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("use marts")
        provinces = connection.execute(
            "select count(*) from dim_place where place_type in ('province', 'prefecture')"
        ).fetchall()[0][0]
        years = max(1, math.ceil(observations / (indicators * provinces * _SEXES)))
        provinces = min(provinces, max(1, round(observations / (indicators * years * _SEXES))))
        connection.execute(_INDICATORS.format(indicators=indicators))
        connection.execute(
            _STATEMENTS.format(first_year=_LAST_YEAR - years + 1, last_year=_LAST_YEAR, provinces=provinces)
        )
        place = ", figure.place_code as place_code"
        for mart, figures, further, where in (
            ("indicator_by_objective_year", _TOTALS, "", "where figure.place_code = 'MA'"),
            ("indicator_by_place_year", _TOTALS, place, ""),
            ("indicator_by_group_year", "figure", f"{place}, figure.sex as sex, '_T' as age_group", ""),
        ):
            connection.execute(_FIGURES.format(mart=mart, figures=figures, further=further, where=where))
        return int(connection.execute("select count(*) from fct_observation").fetchall()[0][0])


def main() -> int:
    """Make the portal of an enlarged public file and tell what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("public", type=Path, help="the public file of a release")
    parser.add_argument("--indicators", type=int, default=500)
    parser.add_argument("--observations", type=int, default=100_000)
    parser.add_argument("--out", type=Path, help="keep the portal in this folder")
    given = parser.parse_args()
    if not given.public.is_file():
        parser.error(f"there is no file {given.public}")
    folder = given.out or Path(tempfile.mkdtemp(prefix="hasila-portal-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(given.public, folder / "hasila.duckdb")
        statements = enlarge(folder / "hasila.duckdb", given.indicators, given.observations)
        edition = Edition("benchmark", dt.datetime.now(dt.UTC), dt.date(_LAST_YEAR, 12, 31), None, "")
        begun, used = time.perf_counter(), time.process_time()
        portal.write(folder, edition)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - used
        pages = [path for path in (folder / portal.FOLDER).rglob("*") if path.is_file()]
        sizes = sorted(((path.stat().st_size, path) for path in pages if path.suffix == ".html"), reverse=True)
        print(f"{statements:,} statements of {given.indicators:,} indicators")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        megabytes = sum(path.stat().st_size for path in pages) / 1e6
        print(f"{seconds:.1f} s ({cpu:.1f} s of processor), {memory} MB of memory")
        print(f"{len(sizes):,} pages, {megabytes:.0f} MB in {len(pages):,} files")
        for size, path in sizes[:5]:
            print(f"{size / 1000:.0f} kB  {path.relative_to(folder)}")
    finally:
        if not given.out:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
