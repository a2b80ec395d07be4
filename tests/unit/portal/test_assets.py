"""What the portal's script computes by itself, against what the pages say: spellings, numbers, differences."""

import json
import shutil
import subprocess
from decimal import Decimal
from typing import Any

import pytest

from orchestration.portal.addresses import Origins
from orchestration.portal.search import plain
from orchestration.portal.site import ASSETS
from orchestration.portal.view import View
from orchestration.settings import LANGUAGES
from tests.helpers import PROJECT
from tests.unit.portal.test_view import FRAMEWORK

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

RUN = """
globalThis.self = globalThis;
globalThis.document = { getElementById: () => null };
const { code, asked } = JSON.parse(require("fs").readFileSync(0, "utf8"));
(0, eval)(code);
const told = asked.map(([name, signs, ...given]) => {
  hasila.words = { signs };
  return hasila[name](...given);
});
console.log(JSON.stringify(told));
"""


def answers(asked: list[list[Any]]) -> list[Any]:
    """What functions of the script give: each question is a function's name, the number signs, its arguments."""
    code = (ASSETS / "portal.js").read_text(encoding="utf-8")
    assert NODE is not None
    done = subprocess.run(
        [NODE, "-e", RUN], input=json.dumps({"code": code, "asked": asked}), capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout))


def test_what_is_typed_is_spelt_as_the_index_is() -> None:
    seeds = PROJECT / "dbt_project" / "seeds"
    texts = [
        name for seed in ("indicator", "programme", "place") for name in (seeds / f"{seed}.csv").read_text().split(",")
    ]
    texts += [
        "أَطْفـال",
        "لأطفال",
        "شيء أڭادير گلميم",
        "والإهمال",
        "بالمدرسة",
        "٢٠١٩ ۲۰",
        "Œuvre d’été",
        "ال",
        "Straße",
        "İstanbul",
        "𝖠",
        "a_b-c",
    ]
    told = answers([["plain", None, text] for text in texts])
    assert [" ".join(words) for words in told] == [plain(text) for text in texts]


def test_numbers_are_written_as_on_the_pages() -> None:
    values = ["0", "7", "999", "1000", "406423", "-4330", "96.9", "33.3333333333", "0.005", "0.015", "2.675", "999.999"]
    for language in LANGUAGES:
        view = View(language, FRAMEWORK, Origins())
        told = answers([["number", view.symbols, value] for value in values])
        assert told == [view.number(Decimal(value)) for value in values]


def test_differences_are_exact() -> None:
    pairs = [("0.3", "0.1"), ("1", "1000000000000.0000000001"), ("5", "5"), ("-2.5", "2.5"), ("96.9", "100")]
    told = answers([["minus", None, one, other] for one, other in pairs])
    assert [Decimal(value) for value in told] == [Decimal(one) - Decimal(other) for one, other in pairs]
