"""XML without document types, entities or anything fetched from elsewhere."""

import io
from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring, iterparse  # type: ignore[import-untyped]

from orchestration.findings import Finding
from orchestration.read.formats.document import Limits, UnreadableError, too_large

# Marks of a part that is read whole; a workbook's styles have some hundred thousand.
_MOST_MARKS = 2_000_000


def parse(content: bytes) -> Element:
    """The root of a small XML part. Raises UnreadableError with FILE_UNSAFE, FILE_CORRUPT or FILE_TOO_LARGE."""
    if (marks := content.count(b"<")) > _MOST_MARKS:
        raise UnreadableError(too_large(marks, _MOST_MARKS))
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except Exception as error:
        raise refusal(error) from error
    return root


class _Source:
    """Hands the parser its text, and refuses one that goes on and on without an element's beginning or end."""

    def __init__(self, content: bytes, limits: Limits):
        self._stream = io.BytesIO(content)
        self._most = limits.field_characters
        self.since_element = 0

    def read(self, size: int) -> bytes:
        self.since_element += size
        # A character takes up to four bytes.
        if self.since_element > 4 * self._most:
            raise UnreadableError(too_large(f"> {self._most}", self._most))
        return self._stream.read(size)


def events(content: bytes, limits: Limits, kept: Collection[str] = ()) -> Iterator[tuple[str, Element]]:
    """Each element as it opens ("start") and closes ("end").

    An element that has closed is gone from the one around it, so that memory does not grow with the
    file; only those named in `kept` have all that is in them until they close themselves.
    Raises UnreadableError with FILE_UNSAFE, FILE_CORRUPT or FILE_TOO_LARGE (nested too deeply, too many
    elements, a text too long).
    """
    # A cell is an element at most, and few elements stand around those of a record.
    most, most_kept = 2 * limits.cells, 2 * limits.columns
    source = _Source(content, limits)
    around: list[Element] = []
    seen = inside = held = 0
    try:
        for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
            source.since_element = 0
            is_kept = local(element.tag) in kept
            if event == "start":
                around.append(element)
                seen += 1
                inside += is_kept
                held += inside > 0
                if len(around) > limits.depth:
                    raise UnreadableError(too_large(f"depth > {limits.depth}", f"depth {limits.depth}"))
                for count, limit in ((seen, most), (held, most_kept)):
                    if count > limit:
                        raise UnreadableError(too_large(f"> {limit}", limit))
            yield event, element
            if event == "end":
                around.pop()
                inside -= is_kept
                if not inside:
                    held = 0
                    if around:
                        around[-1].remove(element)
    except (DefusedXmlException, ParseError, ValueError, LookupError) as error:
        raise refusal(error) from error


def root_name(content: bytes, limits: Limits) -> str:
    """The root's name without its namespace. Raises UnreadableError as `events` does."""
    return next((local(element.tag) for _, element in events(content, limits)), "")


def refusal(error: BaseException) -> UnreadableError:
    """What a parser's error says to the sender."""
    if isinstance(error, DefusedXmlException):
        return UnreadableError(Finding("FILE_UNSAFE", found=type(error).__name__.removesuffix("Forbidden")))
    place = getattr(error, "position", None)
    return UnreadableError(Finding("FILE_CORRUPT", cell=f"line {place[0]}" if place else "", found=str(error)[:200]))


def local(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]
