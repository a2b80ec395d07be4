"""XML that is changed in a few places while every other byte stays as it was.

A parser says where each element stands in the bytes; changes are put between those places. So what
is not understood here (extensions, foreign prefixes, the order of attributes) is kept by not being
touched. What is put in is ASCII with character references, which every encoding of XML can hold.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")
_ATTRIBUTE = re.compile(rb"""\s([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST = 200


class NotEditableError(Exception):
    """The file is built in a way that this code does not change safely."""


@dataclass(slots=True)
class Element:
    """An element and where it stands: `<` at `start`, content from `inner` to `inner_end`, all up to `end`."""

    tag: str
    attributes: dict[str, str]
    start: int
    inner: int
    inner_end: int = 0
    end: int = 0
    children: list["Element"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name without its prefix."""
        return self.tag.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        """The prefix with its colon; empty where there is none."""
        return self.tag[: len(self.tag) - len(self.name)]

    @property
    def is_empty(self) -> bool:
        """Whether it is written as `<a/>`."""
        return self.inner == self.end

    def get(self, name: str) -> str:
        """An attribute by its name without prefix; empty where it is not there."""
        if name in self.attributes:
            return self.attributes[name]
        return next((value for key, value in self.attributes.items() if key.rpartition(":")[2] == name), "")

    def find(self, name: str) -> "Element | None":
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def every(self, name: str) -> Iterator["Element"]:
        """All elements of that name below this one."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.every(name)


def parse(content: bytes) -> Element:
    """The elements of a part with their places. Raises NotEditableError."""
    stack: list[Element] = []
    roots: list[Element] = []
    parser = new_parser()

    def start(tag: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        element = Element(tag, attributes, at, tag_end(content, at))
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)
        if len(stack) > _DEEPEST:
            raise NotEditableError(f"nested more than {_DEEPEST} deep")

    def end(_tag: str) -> None:
        close(stack.pop(), content, parser.CurrentByteIndex)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    run(parser, content)
    return roots[0]


def new_parser(*, namespace_separator: str | None = None) -> expat.XMLParserType:
    """A parser that refuses document types."""
    parser = expat.ParserCreate(namespace_separator=namespace_separator)

    def refuse(*_: object) -> None:
        raise NotEditableError("DOCTYPE")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def run(parser: expat.XMLParserType, content: bytes) -> None:
    """Let `parser` read all of `content`. Raises NotEditableError."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4]:
        raise NotEditableError("UTF-16")
    _parse(parser, content)


def prove(content: bytes) -> None:
    """Make sure that a part is well-formed, prefixes included, and has no document type. Raises NotEditableError."""
    _parse(new_parser(namespace_separator=" "), content)


def _parse(parser: expat.XMLParserType, content: bytes) -> None:
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise NotEditableError(str(error)) from error


def tag_end(content: bytes, start: int) -> int:
    """Where the start tag at `start` ends."""
    tag = _TAG.match(content, start)
    if tag is None:
        raise NotEditableError(f"no tag at {start}")
    return tag.end()


def close(element: Element, content: bytes, at: int) -> None:
    """Note where an element ends, when the parser comes to the end at `at`."""
    if content[element.inner - 2 : element.inner] == b"/>":
        element.inner_end = element.end = element.inner
    else:
        element.inner_end, element.end = at, content.index(b">", at) + 1


class Splices:
    """Changes to one part. Those that lie inside something removed are dropped with it."""

    def __init__(self, content: bytes):
        self._content = content
        self._edits: list[tuple[int, int, bytes]] = []
        self._appended: dict[int, tuple[Element, list[bytes]]] = {}

    @property
    def is_changed(self) -> bool:
        return bool(self._edits or self._appended)

    def insert(self, at: int, added: str) -> None:
        self._edits.append((at, at, ascii_bytes(added)))

    def replace(self, start: int, end: int, new: str) -> None:
        self._edits.append((start, end, ascii_bytes(new)))

    def remove(self, element: Element) -> None:
        self._edits.append((element.start, element.end, b""))

    def append(self, element: Element, added: str) -> None:
        """Put XML behind the last child of an element."""
        self._appended.setdefault(element.start, (element, []))[1].append(ascii_bytes(added))

    def set_attribute(self, start: int, inner: int, name: str, value: str) -> None:
        """Give the start tag from `start` to `inner` an attribute, or another value of it."""
        first = None
        for found in _ATTRIBUTE.finditer(self._content, start, inner):
            first = first or found
            if found[1] == name.encode():
                self.replace(found.start(2), found.end(2), quoteattr(value))
                return
        at = first.start() if first else inner - (2 if self._content[inner - 2 : inner] == b"/>" else 1)
        self.insert(at, f" {name}={quoteattr(value)}")

    def remove_attribute(self, start: int, inner: int, name: str) -> None:
        for found in _ATTRIBUTE.finditer(self._content, start, inner):
            if found[1] == name.encode():
                self._edits.append((found.start(), found.end(), b""))

    def result(self) -> bytes:
        """The part with all changes."""
        edits = list(self._edits)
        for element, added in self._appended.values():
            new = b"".join(added)
            if element.is_empty:
                edits.append((element.end - 2, element.end, b">" + new + f"</{element.tag}>".encode()))
            else:
                edits.append((element.inner_end, element.inner_end, new))
        # At one place, insertions come in the order they were made, before what is replaced there.
        order = sorted(range(len(edits)), key=lambda index: (edits[index][0], edits[index][1] > edits[index][0]))
        pieces: list[bytes] = []
        position = 0
        for start, end, new in (edits[index] for index in order):
            if start < position:
                continue
            pieces += [self._content[position:start], new]
            position = end
        pieces.append(self._content[position:])
        return b"".join(pieces)


def ascii_bytes(xml: str) -> bytes:
    return xml.encode("ascii", "xmlcharrefreplace")


def text_xml(text: str) -> str:
    """`text` as the content of an element, without what XML cannot hold."""
    # A carriage return that is not written as a reference is read back as a line feed.
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)).replace("\r", "&#13;")


def attribute_xml(text: str) -> str:
    """`text` as a quoted attribute value."""
    return quoteattr(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def edited(content: bytes, change: Callable[[Element, Splices], None]) -> bytes:
    """A part after `change`."""
    splices = Splices(content)
    change(parse(content), splices)
    return splices.result()
