"""Texts for reporters, kept beside the code that uses them: one YAML file, the same keys in each language."""

import string
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import LANGUAGES


@lru_cache(maxsize=8)
def load_texts(path: Path) -> dict[str, Any]:
    """The texts of a file by language.

    Raises ValueError naming the key where a language lacks a text, or names other placeholders in it.
    """
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    shapes = {language: dict(_shape(content.get(language, {}), "")) for language in LANGUAGES}
    first = shapes[LANGUAGES[0]]
    for language, shape in shapes.items():
        for key in sorted(first.keys() | shape.keys()):
            if first.get(key) != shape.get(key):
                raise ValueError(f"{path}: {key} is not the same in {LANGUAGES[0]} and {language}")
    return content


def _shape(value: object, key: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each text's key with the placeholders it names."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _shape(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _shape(inner, f"{key}.{index}")
    elif isinstance(value, str) and value.strip():
        names = (name for _, name, _, _ in string.Formatter().parse(value) if name is not None)
        yield key, tuple(sorted(names))
