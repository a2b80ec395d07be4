"""The registers that reports name: read from the seeds here, apart from the reader's own."""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from orchestration.read import text
from orchestration.settings import LANGUAGES


@dataclass(frozen=True)
class Registers:
    indicators: dict[str, dict[str, str]]
    indicator_texts: dict[str, dict[str, tuple[str, ...]]]
    places: dict[str, dict[str, str]]
    place_texts: dict[str, dict[str, tuple[str, ...]]]
    organisations: dict[str, dict[str, str]]
    deliverables: tuple[dict[str, str], ...]


@lru_cache(maxsize=4)
def registers_of(seeds: Path) -> Registers:
    def rows(name: str) -> list[dict[str, str]]:
        with (seeds / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def texts(name: str, code: str) -> dict[str, dict[str, tuple[str, ...]]]:
        """The names of each code by language, without those that two codes share."""
        found: dict[str, dict[str, list[str]]] = {}
        owners: dict[str, set[str]] = {}
        written = [(row[code], lang, row[f"name_{lang}"]) for row in rows(name) for lang in LANGUAGES]
        written += [(row[code], row["language"], row["alias"]) for row in rows(f"{name}_alias")]
        for owner, _, label in written:
            owners.setdefault(_bare(label), set()).add(owner)
        for owner, lang, label in written:
            if label and len(owners[_bare(label)]) == 1 and "\n" not in label:
                found.setdefault(owner, {}).setdefault(lang, []).append(label)
        return {owner: {lang: tuple(names) for lang, names in all_.items()} for owner, all_ in found.items()}

    return Registers(
        indicators={row["indicator_code"]: row for row in rows("indicator")},
        indicator_texts=texts("indicator", "indicator_code"),
        places={row["place_code"]: row for row in rows("place")},
        place_texts=texts("place", "place_code"),
        organisations={row["organisation_code"]: row for row in rows("organisation")},
        deliverables=tuple(rows("deliverable")),
    )


_KIND = re.compile(r"\b(region|province|prefecture|جهه|اقليم|عماله|de|du|la|l|des|of|d)\b")


def _bare(label: str) -> str:
    return _KIND.sub(" ", text.key(label)).replace(" ", "")
