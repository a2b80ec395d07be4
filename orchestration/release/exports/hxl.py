"""HXL-tagged CSV (Humanitarian Exchange Language 1.1): a row of headings, a row of tags, then the data.

Codes stay codes and names come in all three languages. A value that is missing has its reason in `#meta+qualifier`;
figures that were made up to show a format say `illustrative` in `#meta+status+data`.
"""

from pathlib import Path

from orchestration.release.exports import headlines
from orchestration.release.exports.contents import Contents, Mart, plain
from orchestration.release.exports.headlines import Headline
from orchestration.release.marts import quoted, text_literal
from orchestration.settings import LANGUAGES

_PLACES = "dim_place"


def write(source: Contents, folder: Path) -> None:
    """Write `<table>.csv` for every headline table. Raises duckdb.Error, OSError."""
    for headline, mart in headlines.present(source):
        source.copy_csv(_select(headline, mart, source), folder / f"{headline.name}.csv")


def _select(headline: Headline, mart: Mart, source: Contents) -> str:
    """The tags as the first row and the data below, all of it text."""
    cells: list[tuple[str, str, str]] = []
    for heading in headline.headings:
        languages = LANGUAGES if heading.is_translated else ("en",)
        for language in languages:
            for found in (column for column in mart.columns if column.name == heading.column(language)):
                tag = f"{heading.tag}+i_{language}" if heading.is_translated else heading.tag
                cells.append((found.name, tag, f"cast({plain(found, 'fact')} as varchar)"))
    tables = f"{mart.table} as fact"
    if "place_code" in mart.names and {"place_code", "parent_code", "place_type"} <= _names(source, _PLACES):
        # The levels of the country beside each other, as users of common operational datasets expect them.
        tables += f" left join {source.marts[_PLACES].table} as place on fact.place_code = place.place_code"
        region = (
            "case place.place_type when 'country' then null when 'region' then place.place_code "
            "else place.parent_code end"
        )
        province = "case when place.place_type in ('province', 'prefecture') then place.place_code end"
        cells += [
            ("country", "#country+code+v_iso3", "'MAR'"),
            ("adm1_code", "#adm1+code", region),
            ("adm2_code", "#adm2+code", province),
        ]
    names = [quoted(name) for name, _, _ in cells]
    tags = ", ".join(f"{text_literal(tag)} as {name}" for (_, tag, _), name in zip(cells, names, strict=True))
    data = ", ".join(f"{sql} as {name}" for (_, _, sql), name in zip(cells, names, strict=True))
    return f"select {tags} union all select {data} from {tables}"


def _names(source: Contents, mart: str) -> frozenset[str]:
    return source.marts[mart].names if mart in source.marts else frozenset()
