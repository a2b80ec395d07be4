"""XML is read element by element, in memory that does not grow with the file."""

import tracemalloc

import pytest

from orchestration.read.formats import safe_xml
from orchestration.read.formats.document import Limits

LIMITS = Limits(file_bytes=10_000_000, expanded_bytes=10_000_000, cells=1_000_000)
MANY = 50_000


def test_what_is_kept_has_all_that_is_in_it_until_it_closes() -> None:
    content = b"<r><k><a x='1'/><b><c>text</c></b></k><k><a x='2'/></k><other><a/></other></r>"
    seen = []
    for event, element in safe_xml.events(content, LIMITS, kept=("k",)):
        if event == "end":
            seen.append((element.tag, [child.tag for child in element.iter()][1:]))
    assert seen == [
        *(("a", []), ("c", []), ("b", ["c"]), ("k", ["a", "b", "c"])),
        *(("a", []), ("k", ["a"]), ("a", []), ("other", []), ("r", [])),
    ]


@pytest.mark.parametrize("kept", [(), ("a",)])
def test_memory_stays_flat_however_many_elements_there_are(kept: tuple[str, ...]) -> None:
    content = b"<r>" + b"<a x='1'>text<b/></a>tail" * MANY + b"</r>"
    tracemalloc.start()
    try:
        count = sum(event == "end" for event, _ in safe_xml.events(content, LIMITS, kept=kept))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 2 * MANY + 1
    # Some bytes an element, where one takes some hundred.
    assert peak < 20 * MANY
