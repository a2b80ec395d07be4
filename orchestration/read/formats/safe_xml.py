"""XML without document types, entities or anything fetched from elsewhere."""

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring, iterparse  # type: ignore[import-untyped]

from orchestration.findings import Finding
from orchestration.read.formats.document import Limits, UnreadableError, too_large


def parse(content: bytes) -> Element:
    """The root of a small XML part. Raises UnreadableError with FILE_UNSAFE or FILE_CORRUPT."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except Exception as error:
        raise refusal(error) from error
    return root


def events(content: bytes, limits: Limits) -> Iterator[tuple[str, Element]]:
    """Each element as it opens ("start") and closes ("end"); the caller clears what it has used.

    Raises UnreadableError with FILE_UNSAFE, FILE_CORRUPT or FILE_TOO_LARGE (nested too deeply).
    """
    depth = 0
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            if depth > limits.depth:
                break
            yield event, element
    except (DefusedXmlException, ParseError, ValueError, LookupError) as error:
        raise refusal(error) from error
    if depth > limits.depth:
        raise UnreadableError(too_large(f"depth > {limits.depth}", f"depth {limits.depth}"))


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
