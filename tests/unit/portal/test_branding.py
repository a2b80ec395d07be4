"""A ministry's own name and colours, and what is said of a file that cannot be used."""

from pathlib import Path

import pytest

from orchestration import portal
from orchestration.portal import branding
from tests.unit.portal import made

SHIPPED = branding.SHIPPED.read_text(encoding="utf-8")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "branding.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_ministrys_own_name_and_colour_are_on_the_pages(public: Path, tmp_path: Path) -> None:
    own = SHIPPED.replace("fr: Hasila", "fr: Bilan du ministère").replace("#14606b", "#7A1F1F")
    own = own.replace('publisher:\n  ar: ""\n  fr: ""', 'publisher:\n  ar: ""\n  fr: "Le ministère"')
    copy = tmp_path / "public"
    copy.mkdir()
    (copy / "hasila.duckdb").write_bytes((public / "hasila.duckdb").read_bytes())
    portal.write(copy, made.EDITION, branding=branding.read(written(tmp_path, own)))
    home = made.read(copy / portal.FOLDER / "fr" / "index.html")
    assert home.one(class_="brand-name").text == "Bilan du ministère"
    assert home.one("footer").text.startswith("Le ministère ·")
    assert "--brand: #7A1F1F" in (copy / portal.FOLDER / "assets" / "portal.css").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (('light: "#14606b"', 'light: "#cccccc"'), ":18: #cccccc on a light page has a contrast of 1.6 to 1; 4.5 is"),
        (('dark: "#7fd0d8"', 'dark: "#000000"'), ":19: #000000 on a dark page has a contrast of 1.2 to 1; 4.5 is"),
        (('light: "#14606b"', "light: green"), ":18: green is no colour; one is written #rrggbb"),
        (("  fr: Hasila\n", ""), ":3: name.fr: Field required"),
        (("colour:", "color:"), ": color"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_line(tmp_path: Path, fault: tuple[str, str], told: str) -> None:
    assert fault[0] in SHIPPED
    with pytest.raises(branding.BrandingError) as error:
        branding.read(written(tmp_path, SHIPPED.replace(*fault)))
    assert told in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(branding.BrandingError, match=r"none\.yml"):
        branding.read(tmp_path / "none.yml")


def test_contrast_is_that_of_wcag() -> None:
    assert branding.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert branding.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert branding.contrast("#123456", "#123456") == 1
