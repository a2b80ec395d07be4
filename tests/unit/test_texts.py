"""Texts for reporters: what one language says, all say."""

from pathlib import Path

import pytest

from orchestration.texts import load_texts

WHOLE = "ar: {a: {b: 'س {x}'}, c: [م]}\nfr: {a: {b: 's {x}'}, c: [m]}\nen: {a: {b: 't {x}'}, c: [n]}\n"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("fr: {a: {b: 's {x}'}, c: [m]}\n", "", "a.b"),
        ("'t {x}'", "'t {y}'", "a.b"),
        ("'t {x}'", "''", "a.b"),
        ("[n]", "[n, o]", "c.1"),
        ("c: [n]", "d: [n]", "c.0"),
    ],
)
def test_a_language_that_lacks_a_text_is_named_with_the_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    path = tmp_path / "texts.yml"
    path.write_text(WHOLE, encoding="utf-8")
    assert load_texts(path)["fr"]["a"]["b"] == "s {x}"
    broken = tmp_path / "broken.yml"
    assert old in WHOLE
    broken.write_text(WHOLE.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=f"{key} is not the same"):
        load_texts(broken)


@pytest.mark.parametrize("name", ["answer/answer_texts.yml", "read/template_texts.yml"])
def test_the_shipped_texts_are_complete(name: str) -> None:
    assert set(load_texts(Path(__file__).parents[2] / "orchestration" / name)) == {"ar", "fr", "en"}
