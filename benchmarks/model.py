"""How long the warehouse takes to build, beside DuckDB writing the same observations once as a table.

    python -m benchmarks.model --observations 1000000 --json model.json

Makes up ten years of monthly reports as lake files: organisations that report for a province, a
region or the whole country, with revisions, late reports, reports that were sent back, and blanks.
Then builds the warehouse as the nightly load does, again after one more night with 1 % new, upon the
first one where it is large enough for that, and at last everything anew: the marts must be the same.
Prints seconds and peak memory of each build, its ratio to DuckDB's own writing in the same run, the
slowest models, and how long the headline queries take on the release's copy of the marts.
"""

import argparse
import csv
import datetime as dt
import json
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from upath import UPath

from orchestration import earlier_build, model, night, storage
from orchestration.check import days, lake
from orchestration.check.rulings import Rulings, SealedReport
from orchestration.findings import load_catalogue
from orchestration.receive import receipts
from orchestration.release import marts
from orchestration.settings import Settings, load_settings

PROJECT = Path(__file__).resolve().parent.parent
FIRST_YEAR, YEARS = 2014, 10
MONTHS = 12 * YEARS
RULES_A_REPORT = 32
"""So many rules are noted of each report, as the check room does."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Organisations that report alike: of `share` in a whole of twenty, on the provinces of their `scope`."""

    share: int
    scope: str
    family: str
    programme: str
    indicators: tuple[str, ...]
    by_age: bool


KINDS = (
    Kind(
        *(12, "province", "territorial_protection_units", "TERRITORIAL_SYSTEMS"),
        (
            *("DTIPE_CHILDREN_SUPPORTED", "DTIPE_CHILDREN_FOLLOWED", "EP_REFERRALS"),
            *("SN_PARENTS_TRAINED", "NGO_CHILDREN_REACHED", "INTERNET_CHILDREN_AWARE"),
        ),
        by_age=True,
    ),
    Kind(
        *(7, "region", "sector_activity", "EXECUTIVE_PROGRAMME"),
        (
            *("EP_REFERRALS", "EP_SERVICES_OPEN", "DTIPE_CHILDREN_SUPPORTED"),
            *("INTERNET_SESSIONS", "INTERNET_REPORTS_RECEIVED", "SN_TRAINING_ATTENDANCES"),
        ),
        by_age=False,
    ),
    Kind(
        *(1, "country", "street_situations", "STREET_SITUATIONS"),
        ("STREET_CHILDREN_INTEGRATED", "STREET_SAMU_BENEFICIARIES", "BEGGING_CHILDREN_PROTECTED", "EP_REFERRALS"),
        by_age=False,
    ),
)
_WHOLE = sum(kind.share for kind in KINDS)


# --- the history, as tables of a DuckDB in memory

_HISTORY = """
create table place as
select
    place_code, parent_code, place_type = 'region' as is_region,
    row_number() over (partition by place_type = 'region' order by place_code) - 1 as turn,
    count(*) over (partition by place_type = 'region') as turns
from read_csv('{places}') where place_type <> 'country';

create table organisation as
select
    numbered.number, 'REPORTER_' || lpad(cast(numbered.number as varchar), 5, '0') as organisation_code,
    kind.*, coalesce(place.place_code, 'MA') as place_code
from (select unnest(range({organisations})) as number) as numbered
-- The kinds by turns, each as evenly spread as its share allows.
inner join kind
    on
    (numbered.number * 7) % {whole} >= kind.first_turn
    and (numbered.number * 7) % {whole} < kind.last_turn
left join place
    on kind.scope <> 'country' and (kind.scope = 'region') = place.is_region
    and place.turn = numbered.number % place.turns;

-- What an organisation states in every report; the sum of its whole area in the last month of a year.
create table statement as
with area as (
    select number, place_code, scope <> 'province' as is_area from organisation
    union all
    select organisation.number, place.place_code, false
    from organisation
    inner join place on not place.is_region and organisation.place_code in (place.parent_code, 'MA')
    where organisation.scope <> 'province'
), cell as (
    select by_age, sex, age_group
    from (
        values (false, '_T', '_T'), (false, 'F', '_T'), (false, 'M', '_T'), (true, '_T', '_T')
    ) as t (by_age, sex, age_group)
    union all
    select true, sex, age_group
    from (values ('F'), ('M')) as s (sex), (values ('Y0T5'), ('Y6T11'), ('Y12T17')) as g (age_group)
)
select
    organisation.number, indicator_of.indicator_code, indicator_of.position, organisation.by_age,
    area.place_code, area.is_area, cell.sex, cell.age_group,
    cast(row_number() over (
        partition by organisation.number
        order by area.is_area, area.place_code, indicator_of.position, cell.sex, cell.age_group
    ) as integer) as row_number
from organisation
inner join indicator_of on organisation.kind = indicator_of.kind
inner join area on organisation.number = area.number
inner join cell on organisation.by_age = cell.by_age and (not area.is_area or cell.sex = '_T')
-- Of every other indicator the groups alone are reported: their total follows from them.
where area.is_area or cell.sex <> '_T' or indicator_of.position % 2 = 0;

create table report as
with sent as (
    select
        organisation.*, month, version,
        make_date(cast({first_year} + month // 12 as integer), cast(month % 12 + 1 as integer), 1) as period_start,
        hash(organisation.number, month, {seed}) % 1000 as chance
    from organisation, unnest(range({months} + 1)) as m (month), (values (0), (1)) as v (version)
), dated as (
    select
        *, last_day(period_start) as period_end,
        case
            when month = {months} or version = 1 and month = {months} - 1 and chance % 5 = 0
                then make_date({first_year} + {months} // 12, 2, 20)
            -- Some are late; a revision comes a month after the report.
            else last_day(period_start)
                + cast(
                    1 + 2 * (hash(number, month) % 10) + case when chance < 50 then 40 else 0 end + 30 * version
                as integer)
        end as received_date,
        month = {months} or version = 1 and month = {months} - 1 and chance % 5 = 0 as is_night
    from sent
    where version = 0 or chance between 100 and 129 or month = {months} - 1 and chance % 5 = 0
)
select
    sha256(concat_ws(' ', organisation_code, family, period_start, version)) as receipt_id,
    *, received_date + to_seconds(row_number() over (
        partition by received_date order by organisation_code, period_start, version
    )) as received_at,
    case when version = 0 and chance between 100 and 109 then 'sent_back' else 'accepted' end as state,
    concat_ws('|', organisation_code, family, concat_ws('/', period_start, period_end)) as report_key,
    case when chance % 50 = 7 then 1 else 0 end as quarantined
from dated where version = 0 or month < {months};

create macro part(number, code, place, sex, age, month, version) as
    hash(number, code, place, sex, age, month, version) % 40;
"""

_OBSERVATIONS = """
with stated as (
    select
        report.*, statement.* exclude (number, by_age),
        -- A revision changes one indicator of the report.
        case when statement.position = report.month % 3 then report.version else 0 end as edition
    from report
    inner join statement on report.number = statement.number
    where {chosen} and report.state = 'accepted' and (not statement.is_area or report.month % 12 = 11)
), drawn as (
    select
        *, hash(receipt_id, row_number) % 1000 as chance_of_cell,
        case
            when sex <> '_T' then part(number, indicator_code, place_code, sex, age_group, month, edition)
            when by_age then {ages}
            else part(number, indicator_code, place_code, 'F', age_group, month, edition)
                + part(number, indicator_code, place_code, 'M', age_group, month, edition)
        end as number_of_children
    from stated
), valued as (
    select
        *, case
            when sex = '_T' then 'exact'
            when chance_of_cell < 20 then 'not_reported'
            when chance_of_cell < 25 then 'suppressed'
            when chance_of_cell < 35 then 'at_least'
            else 'exact'
        end as qualifier
    from drawn
)
select
    md5(receipt_id || cast(row_number as varchar)) as observation_id, receipt_id, family, organisation_code,
    indicator_code, period_start, period_end, 'month' as period_grain, place_code, sex, age_group,
    '_T' as residence, '_T' as population_group,
    case when qualifier not in ('not_reported', 'suppressed') then cast(number_of_children as decimal(28, 10)) end
        as value,
    cast(null as decimal(28, 10)) as numerator, cast(null as decimal(28, 10)) as denominator,
    qualifier, 'reported' as data_status,
    'Sheet1' as source_sheet, 'C' || cast(row_number + 7 as varchar) as source_cell,
    case
        when qualifier = 'suppressed' then '*'
        when qualifier <> 'not_reported' then cast(number_of_children as varchar)
    end as source_text,
    row_number, cast(null as varchar) as citation, cast(null as varchar) as citation_place,
    cast(null as varchar) as remark, cast(null as varchar) as deliverable_code,
    cast(null as varchar) as deliverable_status, received_date, cast(null as varchar) as correction_code,
    cast(null as decimal(28, 10)) as value_as_reported
from valued
order by family, received_date, receipt_id, row_number
"""

_REPORTS = """
select
    receipt_id, family, cast(1 as integer) as contract_version, organisation_code, report_key,
    cast(null as varchar) as title, 'fr' as language, period_start, period_end, 'month' as period_grain,
    'reported' as data_status, state, state as verdict, true as is_readable, state = 'accepted' as is_complete,
    state = 'accepted' and quarantined = 0 as is_valid, false as accepted_by_decision,
    cast(accepted + refused as integer) as observations_read, cast(accepted as integer) as observations_accepted,
    cast(refused as integer) as observations_quarantined, cast(1 as integer) as findings,
    concat_ws('-', 'rapport', period_start, version) || '.xlsx' as file_name,
    'xlsx' as file_format, '' as file_encoding, received_date, received_at
from (
    select
        report.*, case when state = 'sent_back' then 1 else quarantined end as refused,
        case
            when state = 'sent_back' then 0
            when month % 12 = 11 then stated + of_area
            else stated
        end as accepted
    from report
    inner join (
        select number, count(*) filter (not is_area) as stated, count(*) filter (is_area) as of_area
        from statement group by number
    ) as size on report.number = size.number
    where {chosen}
)
order by family, received_date, receipt_id
"""

_REJECTIONS = """
select
    receipt_id, family, organisation_code,
    case when is_refused then 'NUMBER_UNREADABLE' else 'ROW_NOT_READ' end as rule_code,
    case when is_refused then 'critical' else 'info' end as severity, 'row' as scope,
    case when is_refused then md5(receipt_id) end as observation_id, 'Sheet1' as source_sheet,
    case when is_refused then 'C7' else 'A99' end as source_cell, 'beaucoup' as source_text,
    'beaucoup' as found, '' as expected, is_refused as is_quarantined, cast(1 as integer) as rows_failed, received_date
from report, (values (true), (false)) as r (is_refused)
where {chosen} and (not is_refused or quarantined = 1 or state = 'sent_back')
order by family, received_date, receipt_id, rule_code
"""

_CHECKS = """
select
    receipt_id, family, organisation_code, rule_code, severity, rule.scope, cast(100 as integer) as rows_judged,
    cast(case when rule_code = 'NUMBER_UNREADABLE' then quarantined else 0 end as integer) as rows_failed, received_date
from report, rule
where {chosen}
order by family, received_date, receipt_id, rule_code
"""

_RECEIPTS = """
select
    receipt_id, organisation_code, organisation_code as organisation_folder,
    concat_ws('-', 'rapport', period_start, version) || '.xlsx' as file_name,
    concat_ws('/', organisation_code, received_date, receipt_id) as inbox_path,
    sha256('file' || receipt_id) as file_sha256, cast(20000 as bigint) as size_bytes,
    concat('received=', received_date, '/', sha256('file' || receipt_id), '.xlsx') as archive_path,
    received_date, received_at, cast(0 as bigint) as mtime_ns
from report where {chosen} order by received_date, received_at
"""


class History:
    """Ten years of made-up reports and one night more, and what they say; nothing is written before it is asked for."""

    def __init__(self, observations: int, seed: int):
        self._connection = duckdb.connect()
        organisations = _WHOLE
        # What some organisations say tells how many it takes; of more of them the average is another.
        for _ in range(3):
            self._make(organisations, seed)
            self.organisations = organisations
            ((self.observations,),) = self._connection.execute(_count("not is_night")).fetchall()
            if abs(self.observations - observations) * 50 <= observations:
                break
            organisations = max(1, round(organisations * observations / self.observations))

    def _make(self, organisations: int, seed: int) -> None:
        self._connection.close()
        self._connection = duckdb.connect()
        first_turns = [sum(kind.share for kind in KINDS[:number]) for number in range(len(KINDS))]
        kinds = {
            "kind": list(range(len(KINDS))),
            "scope": [kind.scope for kind in KINDS],
            "family": [kind.family for kind in KINDS],
            "programme_code": [kind.programme for kind in KINDS],
            "by_age": [kind.by_age for kind in KINDS],
            "first_turn": first_turns,
            "last_turn": [first + kind.share for first, kind in zip(first_turns, KINDS, strict=True)],
        }
        indicators = [
            (number, code, position)
            for number, kind in enumerate(KINDS)
            for position, code in enumerate(kind.indicators)
        ]
        self._connection.register("kind", pa.table(kinds))
        self._connection.register(
            "indicator_of", pa.table(list(zip(*indicators, strict=True)), names=["kind", "indicator_code", "position"])
        )
        rules = list(load_catalogue(PROJECT / "expectations" / "rules.yml").items())[:RULES_A_REPORT]
        self._connection.register(
            "rule",
            pa.Table.from_pylist(
                [{"rule_code": code, "severity": rule.severity, "scope": rule.scope} for code, rule in rules]
            ),
        )
        self._connection.execute(
            _HISTORY.format(
                places=(PROJECT / "dbt_project" / "seeds" / "place.csv").as_posix(),
                organisations=organisations,
                whole=_WHOLE,
                first_year=FIRST_YEAR,
                months=MONTHS,
                seed=seed,
            )
        )

    def register(self, seeds: Path) -> None:
        """Enter the organisations and what is expected of them into the registers in `seeds`."""
        rows = self._connection.execute(
            "select organisation_code, family, programme_code from organisation order by number"
        ).fetchall()
        _append(
            seeds / "organisation.csv",
            (
                {"organisation_code": code, "organisation_type": "ngo", "data_status": "illustrative"}
                | {f"name_{language}": code for language in ("ar", "fr", "en")}
                | {"source": "made up"}
                for code, _, _ in rows
            ),
        )
        _append(
            seeds / "enrolment.csv",
            (
                {
                    "organisation_code": code,
                    "family": family,
                    "programme_code": programme,
                    "period_grain": "month",
                    "valid_from": f"{FIRST_YEAR}-01-01",
                    "grace_days": 15,
                    "data_status": "reported",
                    "source": "made up",
                }
                for code, family, programme in rows
            ),
        )

    def write(self, lake_folder: UPath, chosen: str) -> int:
        """Write the chosen reports as a load does: units, receipts and seals; returns how many there are.

        A unit holds all its reports, so whole received days must be chosen.
        """
        reports = 0
        years = self._connection.execute(
            f"select distinct year(received_date) from report where {chosen} order by 1"
        ).fetchall()
        for (year,) in years:
            of_year = f"{chosen} and year(received_date) = {year}"
            found = {name: self._table(sql, of_year) for name, sql in _UNITS.items()}
            slices = {name: dict(_units(table)) for name, table in found.items()}
            sealed: dict[dt.date, list[SealedReport]] = {}
            for family, day in slices["reports"]:
                unit = {
                    name: slices[name].get((family, day), found[name].slice(0, 0)).cast(schema)
                    for name, schema in lake.UNIT_TABLES.items()
                }
                lake.write_unit(lake_folder, family, day, unit)
                sealed.setdefault(day, []).extend(
                    SealedReport(**row)
                    for row in unit["reports"]
                    .select(["receipt_id", "organisation_code", "family", "period_start", "period_end"])
                    .to_pylist()
                )
            received = self._table(_RECEIPTS, of_year)
            for (_, day), table in _units(received.append_column("family", pa.nulls(received.num_rows, pa.string()))):
                storage.write_table(
                    receipts.day_path(lake_folder, day), table.select(receipts.SCHEMA.names).cast(receipts.SCHEMA)
                )
                days.seal(lake_folder, day, days.receipts_digest(lake_folder, day), sealed[day], Rulings())
            reports += received.num_rows
        return reports

    def _table(self, sql: str, chosen: str) -> pa.Table:
        return self._connection.execute(sql.format(chosen=chosen, ages=_AGES)).to_arrow_table()


_UNITS = {"observations": _OBSERVATIONS, "reports": _REPORTS, "rejections": _REJECTIONS, "checks": _CHECKS}
_AGES = " + ".join(
    f"part(number, indicator_code, place_code, '{sex}', '{age}', month, edition)"
    for sex in ("F", "M")
    for age in ("Y0T5", "Y6T11", "Y12T17")
)


def _count(chosen: str) -> str:
    return f"""
        select count(*) from report inner join statement on report.number = statement.number
        where {chosen} and report.state = 'accepted' and (not statement.is_area or report.month % 12 = 11)
    """


def _units(table: pa.Table) -> Iterator[tuple[tuple[str, dt.date], pa.Table]]:
    """The rows of each family and received day, of a table in that order."""
    start = 0
    family, day = table.column("family").combine_chunks(), table.column("received_date").combine_chunks()
    if not table.num_rows:
        return
    changes = pc.or_(
        pc.not_equal(day.slice(1), day.slice(0, len(day) - 1)),
        pc.fill_null(pc.not_equal(family.slice(1), family.slice(0, len(family) - 1)), False),
    )
    ends = [index + 1 for index in pc.indices_nonzero(changes).to_pylist()] + [table.num_rows]
    for end in ends:
        yield (family[start].as_py(), day[start].as_py()), table.slice(start, end - start)
        start = end


def _append(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, header, restval="", lineterminator="\n").writerows(rows)


# --- building, and asking


@dataclass(frozen=True, slots=True)
class Build:
    """One build: its seconds, those that the processor worked, the most memory dbt held, the seconds of each node.

    `years` are those that it made of the models that keep whole years; None for all.
    """

    seconds: float
    cpu: float
    peak_megabytes: int
    nodes: dict[str, float]
    years: list[int] | None


def build(settings: Settings) -> Build:
    """Build the warehouse as the nightly load does; in a process of its own, whose children's peak is that of dbt."""
    start = time.perf_counter()
    years = model.build(settings, night.last_received_date(settings), "--write-json")
    seconds = time.perf_counter() - start
    results = json.loads((model.target_folder(settings) / "run_results.json").read_text(encoding="utf-8"))["results"]
    nodes = {result["unique_id"].split(".", 2)[2]: float(result["execution_time"]) for result in results}
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return Build(seconds, _worked(), peak, nodes, years)


def write_once(settings: Settings, target: Path) -> tuple[float, float]:
    """Seconds that DuckDB takes to write the gathered observations once, the file closed, and those it worked."""
    target.unlink(missing_ok=True)
    files = f"{settings.gathered}/observations/*.parquet"
    before, start = _worked(), time.perf_counter()
    with duckdb.connect(str(target)) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            "create table observation as select * from read_parquet(?, hive_partitioning = false)", [files]
        )
    return time.perf_counter() - start, _worked() - before


def _worked() -> float:
    """Seconds that the processor has worked for this process and the ones it started."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """`function` in a process of its own, which has held no memory before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


_YEAR = FIRST_YEAR + YEARS - 1
QUERIES = {
    "an indicator over the years": """
        select year, value, qualifier, target, progress, completeness from marts.indicator_by_objective_year
        where indicator_code = 'EP_REFERRALS' order by year""",
    "all programmes of a year": f"""
        select programme_code, indicator_code, value, completeness from marts.indicator_by_objective_year
        where year = {_YEAR} order by programme_code, indicator_code""",
    "an indicator on the map": f"""
        select place_code, place_name_fr, value, qualifier from marts.indicator_by_place_year
        where indicator_code = 'EP_REFERRALS' and year = {_YEAR} and place_type <> 'country'""",
    "girls and boys by age": f"""
        select sex, age_group, sum(value) from marts.indicator_by_group_year
        where indicator_code = 'DTIPE_CHILDREN_SUPPORTED' and place_code = 'MA' and year = {_YEAR} group by all""",
    "who reports late": f"""
        select organisation_code, sum(late), sum(expected), min(completeness) from marts.reporting_performance
        where year = {_YEAR} group by all order by 2 desc limit 20""",
    "rules that fail most": f"""
        select rule_code, sum(rows_failed), sum(rows_judged) from marts.data_quality
        where year(period_end) = {_YEAR} group by all order by 2 desc limit 20""",
    "the reports behind a figure": f"""
        select organisation_code, receipt_id, source_cell, value from marts.fct_observation
        where indicator_code = 'EP_REFERRALS' and place_code = 'MA-CHE' and year = {_YEAR}""",
    "the tree under a figure": f"""
        with recursive tree as (
            select step_id, 0 as level from marts.figure_step
            where step = 'figure' and indicator_code = 'EP_REFERRALS' and place_code = 'MA-CHE'
                and period_start = date '{_YEAR}-01-01'
            union all
            select part.step_id, level + 1 from tree
            inner join marts.figure_step as part on part.parent_id = tree.step_id where level < 2
        )
        select level, count(*) from tree group by level""",
    "who owes reports": """
        select organisation_code, family, count(*) from marts.fct_expected_report
        where state = 'overdue' group by all order by 3 desc limit 20""",
    "what was restated": f"""
        select indicator_code, count(*), sum(difference) from marts.restatement
        where year(restated_at) = {_YEAR} group by all""",
}


def ask(database: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each headline query on a connection that stays open: median and 95th percentile."""
    answered = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for name, sql in QUERIES.items():
            rows = len(connection.execute(sql).fetchall())
            took = []
            for _ in range(rounds):
                start = time.perf_counter()
                connection.execute(sql).fetchall()
                took.append((time.perf_counter() - start) * 1000)
            answered[name] = {
                "rows": rows,
                "p50": statistics.median(took),
                "p95": statistics.quantiles(took, n=20)[-1],
            }
    return answered


def measure(folder: Path, observations: int, seed: int, rounds: int, told: Callable[[str], None]) -> dict[str, Any]:
    """Everything that the module says, of a history of about so many observations, in `folder`."""
    start = time.perf_counter()
    history = History(observations, seed)
    project = folder / "dbt_project"
    shutil.copytree(PROJECT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    history.register(project / "seeds")
    settings = load_settings(data=folder / "data", inbox=folder / "inbox", dbt_project=project)
    night.write_reference(settings, night.load_rulebook(settings))
    reports = history.write(settings.lake, "not is_night")
    cores = len(os.sched_getaffinity(0))
    told(
        f"{history.observations} observations in {reports} reports of {history.organisations} organisations,"
        f" made up in {time.perf_counter() - start:.0f} s; {cores} cores"
    )
    builds = {"first build": apart(build, settings)}
    # As the release room does: the next build may be made upon this one.
    earlier_build.note(settings)
    written = [apart(write_once, settings, folder / "once.duckdb") for _ in range(3)]
    once, once_worked = (statistics.median(values) for values in zip(*written, strict=True))
    night_reports = history.write(settings.lake, "is_night")
    builds["one night more"] = apart(build, settings)
    of_night = apart(marts.describe, settings.warehouse)
    shutil.rmtree(settings.gathered)
    builds["all anew"] = apart(build, settings)
    if of_night != apart(marts.describe, settings.warehouse):
        raise SystemExit("the marts of the night are not those of the build of everything")
    told(f"{'':16} {'seconds':>9} {'worked':>9} {'MB':>7}  times DuckDB's own writing")
    told(f"{'DuckDB, once':16} {once:9.2f} {once_worked:9.2f}")
    for name, built in builds.items():
        told(
            f"{name:16} {built.seconds:9.2f} {built.cpu:9.2f} {built.peak_megabytes:7}"
            f"  {built.seconds / once:6.1f}, worked {built.cpu / once_worked:6.1f}"
            f"  {'all years' if built.years is None else 'years ' + ', '.join(map(str, built.years))}"
        )
    slowest = sorted(builds["all anew"].nodes.items(), key=lambda node: -node[1])[:12]
    told("\n".join(f"    {seconds:8.2f} s  {node}" for node, seconds in slowest))
    release = folder / "release.duckdb"
    start = time.perf_counter()
    apart(marts.copy, settings.warehouse, release)
    copied = time.perf_counter() - start
    told(f"the release's copy takes {copied:.1f} s; {settings.warehouse.stat().st_size / 1e6:.0f} MB in the warehouse,")
    told(f"{release.stat().st_size / 1e6:.0f} MB in the release; headline queries:")
    queries = apart(ask, release, rounds)
    for name, query in queries.items():
        told(f"    p50 {query['p50']:8.1f} ms  p95 {query['p95']:8.1f} ms  {query['rows']:6} rows  {name}")
    return {
        "observations": history.observations,
        "reports": reports,
        "organisations": history.organisations,
        "night_reports": night_reports,
        "cores": cores,
        "duckdb": {"seconds": once, "cpu": once_worked},
        "builds": {name: asdict(built) for name, built in builds.items()},
        "ratios": {name: built.seconds / once for name, built in builds.items()},
        "copy_seconds": copied,
        "queries_ms": queries,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--observations", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20, help="how often each query is asked")
    parser.add_argument("--keep", type=Path, help="a folder in which everything stays; else a temporary one")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()
    said = []
    for observations in given.observations:
        with tempfile.TemporaryDirectory() as temporary:
            folder = (given.keep or Path(temporary)) / str(observations)
            folder.mkdir(parents=True)
            said.append(measure(folder, observations, given.seed, given.rounds, lambda text: print(text, flush=True)))
    if given.json:
        given.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
