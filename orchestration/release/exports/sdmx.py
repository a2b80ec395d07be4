"""SDMX: the cube of all figures with a structure of our own, and what UNICEF's dataflows have codes for.

`structure.xml` is an SDMX-ML 3.0 structure message, `tally.csv` SDMX-CSV 2.0 data in it; `unicef_PT.csv` and
`unicef_PT_CM.csv` are SDMX-CSV 2.0 data in the dimensions of UNICEF's dataflows PT (child protection) and PT_CM (child
marriage). A period that is no calendar year is a time range
(`2017-01-01/P3Y`). A missing value is an empty OBS_VALUE; OBS_STATUS and QUALIFIER say why.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestration.release.exports import sdmx_structure
from orchestration.release.exports.contents import Contents
from orchestration.release.exports.edition import Edition
from orchestration.release.exports.sdmx_structure import TOTAL, Dimension
from orchestration.release.marts import quoted, text_literal

DIMENSIONS = (
    Dimension("REF_AREA", "place_code", "CL_AREA"),
    Dimension("INDICATOR", "indicator_code", "CL_INDICATOR"),
    Dimension("SEX", "sex", "CL_SEX"),
    Dimension("AGE", "age_group", "CL_AGE"),
    Dimension("RESIDENCE", "residence", "CL_RESIDENCE"),
    Dimension("POPULATION_GROUP", "population_group", "CL_POPULATION_GROUP"),
    Dimension("DATA_STATUS", "data_status", "CL_DATA_STATUS"),
)
"""The dimensions of the cube, before TIME_PERIOD."""

OBS_STATUS = {
    "exact": "A",
    "approximate": "E",
    "at_least": "U",
    "at_most": "U",
    "more_than": "U",
    "less_than": "U",
    "suppressed": "Q",
    "not_applicable": "M",
    "not_reported": "O",
}
"""SDMX's code for each qualifier. It has none for a bound: QUALIFIER says which bound it is."""

_IS_YEAR = "period_start = make_date(year(period_end), 1, 1) and period_end = make_date(year(period_end), 12, 31)"
_GROUPS = ("sex", "age_group", "residence", "population_group")
_NEEDED = frozenset(
    {"indicator_code", "place_code", "unit", "period_start", "period_end", "value", "qualifier", "data_status"}
)

_UNICEF_UNITS = {"percent": "PCNT"}
_UNICEF_STATUS = {"exact": "RP", "approximate": "E"}
_AGES_OF_CHILDREN = (
    *("M0T11", "M12T23", "M24T35", "M36T47", "M48T59", "Y0T4", "Y0T16", "Y0T17", "Y0T18", "Y0T24", "Y1T2", "Y1T4"),
    *("Y1T14", "Y2T4", "Y2T14", "Y3T4", "Y5T9", "Y5T17", "Y7T17", "Y10T14", "Y10T17", "Y13T15", "Y13T17", "Y15T17"),
    *("Y15T19", "Y15T49", "Y18T19", "Y18T29", "Y20T24", "Y25T29", "Y25T34", "Y25T39", "Y30T34", "Y35T39", "Y35T49"),
    *("Y40T44", "Y40T59", "Y45T49", "Y_GE50", "Y_GE60"),
)
_EDUCATION = ("AGG_3S_H", "ISCED11_1", "ISCED11A_01", "AGG_0_1", "NSC")
_QUINTILES = ("Q1", "Q2", "Q3", "Q4", "Q5")


@dataclass(frozen=True, slots=True)
class _Flow:
    """A dataflow of UNICEF: its indicators, its dimensions in their order, and the codes it has had in them.

    `groups` are the dimensions that a population group may name (`WEALTH_QUINTILE=Q1`); a dimension without any
    codes is always the total. Observations in other codes have no place in it.
    """

    name: str
    file_name: str
    indicators: tuple[str, ...]
    dimensions: tuple[str, ...]
    sexes: tuple[str, ...]
    ages: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]


UNICEF_FLOWS = (
    _Flow(
        name="UNICEF:PT(1.0)",
        file_name="unicef_PT.csv",
        indicators=(
            *("PT_ADLS_10-14_LBR_HC", "PT_ADLT_PS_NEC", "PT_CHLD_1-14_PS-PSY-V_CGVR"),
            *("PT_CHLD_1-14_PS-PSY-V_CGVR_TND", "PT_CHLD_5-17_LBR_ECON", "PT_CHLD_5-17_LBR_ECON-HC", "PT_CHLD_DN"),
            *("PT_CHLD_RES-CARE", "PT_CHLD_Y0T4_REG", "PT_F_15-49_W-BTNG", "PT_F_18-29_SX-V_AGE-18"),
            *("PT_M_15-49_W-BTNG", "PT_M_18-29_SX-V_AGE-18", "PT_ST_13-15_BUL_30-DYS"),
        ),
        dimensions=(
            *("REF_AREA", "INDICATOR", "SEX", "AGE", "EDUCATION_LEVEL", "WEALTH_QUINTILE", "RESIDENCE"),
            *("NUMBER_CHLD", "TIME_PERIOD"),
        ),
        sexes=("F", "M"),
        ages=_AGES_OF_CHILDREN,
        groups={"EDUCATION_LEVEL": _EDUCATION, "WEALTH_QUINTILE": ("B40", *_QUINTILES, "R60")},
    ),
    # Child marriage has codes that begin with PT_, and a dataflow of its own.
    _Flow(
        name="UNICEF:PT_CM(1.0)",
        file_name="unicef_PT_CM.csv",
        indicators=(
            *("PT_F_15-19_MRD", "PT_F_20-24_MRD_U15", "PT_F_20-24_MRD_U15_TND", "PT_F_20-24_MRD_U18"),
            *("PT_F_20-24_MRD_U18_TND", "PT_M_15-19_MRD", "PT_M_20-24_MRD_U18"),
        ),
        dimensions=(
            *("REF_AREA", "INDICATOR", "SEX", "AGE", "EDUCATION_LEVEL", "WEALTH_QUINTILE", "RESIDENCE"),
            *("SCHOOL_ED_LEVEL", "RELIGIOUS_GROUP", "ETHNIC_GROUP", "PROJ_SCENARIO", "CH_MARRIAGE_STATUS"),
            "TIME_PERIOD",
        ),
        sexes=(),
        ages=("Y15T17", "Y15T19", "Y18T19", "Y20T24"),
        groups={"EDUCATION_LEVEL": _EDUCATION, "WEALTH_QUINTILE": _QUINTILES},
    ),
)
"""Where UNICEF keeps what our indicators have its codes for, as its Data Warehouse had it in December 2025."""


@dataclass(frozen=True, slots=True)
class _Cube:
    """The figures in one table, and the id that SDMX may use for each code of each dimension."""

    select: str
    ids: dict[str, dict[str, str]]


def write(source: Contents, folder: Path, edition: Edition) -> None:
    """Write structure and data; nothing where the file has no figures. Raises duckdb.Error, OSError."""
    select = _figures(source)
    if not select:
        return
    folder.mkdir(parents=True, exist_ok=True)
    columns = [*(dimension.column for dimension in DIMENSIONS), "unit"]
    ids = {column: sdmx_structure.ids(_codes(source, select, column)) for column in columns}
    cube = _Cube(select, ids)
    (folder / "structure.xml").write_bytes(sdmx_structure.message(source, DIMENSIONS, ids, OBS_STATUS, edition))
    source.copy_csv(_data(cube), folder / "tally.csv")
    for flow in UNICEF_FLOWS:
        mapped = _unicef(source, cube, flow)
        if mapped and source.connection.execute(f"select 1 from ({mapped}) limit 1").fetchall():
            source.copy_csv(mapped, folder / flow.file_name)


def _figures(source: Contents) -> str:
    """All figures with all dimensions: those of places, in total, and those of groups."""
    parts = []
    shared = "indicator_code, place_code, unit, period_start, period_end, value, qualifier, data_status"
    places = source.marts.get("indicator_by_place_year")
    if places and places.names >= _NEEDED:
        totals = ", ".join(f"'{TOTAL}' as {name}" for name in _GROUPS)
        parts.append(f"select {shared}, {totals} from {places.table}")
    groups = source.marts.get("indicator_by_group_year")
    if groups and groups.names >= _NEEDED | set(_GROUPS):
        # Where all groups are totals, the figure is the one of the place.
        is_group = " or ".join(f"{name} <> '{TOTAL}'" for name in _GROUPS)
        parts.append(f"select {shared}, {', '.join(_GROUPS)} from {groups.table} where {is_group}")
    return " union all ".join(parts)


def _codes(source: Contents, select: str, column: str) -> list[str]:
    found = source.connection.execute(
        f"select distinct {column} from ({select}) where {column} is not null order by 1"
    ).fetchall()
    return [str(code) for (code,) in found]


def _data(cube: _Cube) -> str:
    columns = [
        ("STRUCTURE", "'dataflow'"),
        ("STRUCTURE_ID", text_literal(sdmx_structure.DATAFLOW)),
        ("ACTION", "'I'"),
        *((dimension.name, _mapped(dimension.column, cube.ids[dimension.column])) for dimension in DIMENSIONS),
        ("TIME_PERIOD", _time_period()),
        ("OBS_VALUE", _number("value")),
        ("UNIT_MEASURE", _mapped("unit", cube.ids["unit"])),
        ("OBS_STATUS", _mapped("qualifier", OBS_STATUS)),
        ("QUALIFIER", "qualifier"),
    ]
    named = ", ".join(f"{sql} as {quoted(name)}" for name, sql in columns)
    return f"select {named} from ({cube.select})"


def _mapped(name: str, codes: dict[str, str]) -> str:
    changed = {code: other for code, other in codes.items() if code != other}
    if not changed:
        return name
    cases = " ".join(f"when {text_literal(code)} then {text_literal(other)}" for code, other in changed.items())
    return f"case {name} {cases} else {name} end"


def _number(name: str) -> str:
    return f"rtrim(rtrim(cast(cast({name} as decimal(28, 10)) as varchar), '0'), '.')"


def _time_period() -> str:
    """A calendar year as `2019`; everything else as its first day and its length in years, months or days."""
    months = "datediff('month', period_start, period_end + 1)"
    return f"""
        case
            when {_IS_YEAR}
                then cast(year(period_start) as varchar)
            when day(period_start) = 1 and day(period_end + 1) = 1 and {months} % 12 = 0
                then strftime(period_start, '%Y-%m-%d') || '/P' || ({months} // 12) || 'Y'
            when day(period_start) = 1 and day(period_end + 1) = 1
                then strftime(period_start, '%Y-%m-%d') || '/P' || {months} || 'M'
            else strftime(period_start, '%Y-%m-%d') || '/P' || (period_end - period_start + 1) || 'D'
        end
    """


def _unicef(source: Contents, cube: _Cube, flow: _Flow) -> str:
    """National published figures of single years whose indicator, unit and groups the dataflow has codes for."""
    indicators = source.marts.get("dim_indicator")
    if not indicators or not indicators.names >= {"unicef_code", "universe_sex", "universe_age"}:
        return ""
    dimensions = {
        "REF_AREA": "'MAR'",
        "INDICATOR": "indicator.unicef_code",
        "SEX": "sex",
        # A figure of the whole universe says which ages that is; which sex it is, the indicator's code says.
        "AGE": f"case when age_group = '{TOTAL}' then coalesce(universe_age, '{TOTAL}') else age_group end",
        "RESIDENCE": "residence",
        "TIME_PERIOD": "cast(year(period_end) as varchar)",
        **{name: _group_code(name) for name in flow.groups},
    }
    columns = [
        ("STRUCTURE", "'dataflow'"),
        ("STRUCTURE_ID", text_literal(flow.name)),
        ("ACTION", "'I'"),
        *((name, dimensions.get(name, f"'{TOTAL}'")) for name in flow.dimensions),
        ("OBS_VALUE", _number("value")),
        ("UNIT_MEASURE", _mapped("figure.unit", _UNICEF_UNITS)),
        ("OBS_STATUS", _mapped("figure.qualifier", _UNICEF_STATUS)),
        ("DATA_SOURCE", "cited.citation"),
    ]
    named = ", ".join(f"{sql} as {quoted(name)}" for name, sql in columns)
    group = "|".join(f"{name}=({'|'.join(codes)})" for name, codes in flow.groups.items())
    ages, sexes = _listed((TOTAL, *flow.ages)), _listed((TOTAL, *flow.sexes))
    return f"""
        select {named} from ({cube.select}) as figure
        inner join {indicators.table} as indicator using (indicator_code)
        left join ({_citations(source)}) as cited using (indicator_code, period_start, period_end)
        where indicator.unicef_code in ({_listed(flow.indicators)})
            and place_code = 'MA' and figure.data_status = 'published' and figure.value is not null
            and figure.unit in ({_listed(_UNICEF_UNITS)}) and figure.qualifier in ({_listed(_UNICEF_STATUS)})
            and {_IS_YEAR}
            -- the whole universe, stated once more as a group
            and sex is distinct from universe_sex and age_group is distinct from universe_age
            and sex in ({sexes}) and residence in ('R', 'U', '{TOTAL}')
            and age_group in ({ages}) and coalesce(universe_age, '{TOTAL}') in ({ages})
            and (population_group = '{TOTAL}' or regexp_full_match(population_group, '({group})([+]({group}))*'))
        order by all
    """


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(map(text_literal, codes))


def _group_code(dimension: str) -> str:
    return f"coalesce(nullif(regexp_extract(population_group, '{dimension}=([A-Za-z0-9_]+)', 1), ''), '{TOTAL}')"


def _citations(source: Contents) -> str:
    observations = source.marts.get("fct_observation")
    if not observations or "citation" not in observations.names:
        return (
            "select null::varchar as indicator_code, null::date as period_start, null::date as period_end, "
            "null::varchar as citation limit 0"
        )
    return f"""
        select
            indicator_code, period_start, period_end,
            string_agg(distinct citation, '; ' order by citation) as citation
        from {observations.table} where data_status = 'published' and place_code = 'MA' group by all
    """
