"""What the scripts read: the figures of each place, and the words for them."""

import json
from pathlib import Path
from typing import Any

from orchestration.portal.scripts import placed, script


def content(path: Path) -> Any:
    """What a data script holds."""
    text = path.read_text(encoding="utf-8")
    assert text.endswith(";\n")
    start = text.index(",{") + 1 if ".figures=" in text else text.index("=", text.index("||{})")) + 1
    return json.loads(text[start:-2].removesuffix(")"))


def test_the_figures_of_the_country(folder: Path) -> None:
    rows = content(folder / "data" / "figures-MA.js")["MA"]
    assert ["REACH", 2019, "2017-2019", "published", "406423", "", 1] in rows
    assert ["CHILDREN", 2024, "2024", "illustrative", "100", "", 1, 3, 4] in rows
    assert ["ODD/CODE", 2024, "2024", "published", None, "not_reported", 1] in rows
    assert ["RATE", 2024, "2024", "published", "96.9", "", 1] in rows


def test_a_withheld_figure_has_no_value_in_them(folder: Path) -> None:
    (row,) = [row for row in content(folder / "data" / "figures-MA-01.js")["MA-01"] if row[0] == "SECRET"]
    assert row[4:6] == [None, "suppressed"]


def test_only_places_with_figures_have_a_script_and_can_be_chosen(folder: Path) -> None:
    scripts = {path.name for path in (folder / "data").glob("figures-*.js")}
    assert scripts == {f"figures-{code}.js" for code in ("MA", "MA-01", "MA-02", "MA-LAR")}
    names = content(folder / "data" / "names-fr.js")
    assert [place[0] for place in names["places"]] == ["MA-01", "MA-02", "MA-LAR"]
    assert names["periods"]["2017-2019"] == "2017-2019"
    assert names["indicators"]["RATE"][3:] == ["pour cent", 1]


def test_words_say_how_numbers_are_written(folder: Path) -> None:
    assert content(folder / "data" / "words-ar.js")["signs"] == {"decimal": ",", "group": "."}
    assert content(folder / "data" / "words-fr.js")["signs"] == {"decimal": ",", "group": "\u202f"}


def test_what_ends_a_line_in_a_script_is_escaped() -> None:
    assert script("names", "a\u2028b\u2029c") == '(self.hasila=self.hasila||{}).names="a\\u2028b\\u2029c";\n'
    assert placed("MA", []).startswith("(self.hasila=self.hasila||{}).figures=Object.assign(hasila.figures||{},")
