"""The parts of an xlsx package: their relationships, their content types, and the package written anew.

Parts that nobody changes are written with the bytes they came with. Parts that nothing leads to any
more are left out, so that cutting a relationship removes what was behind it.
"""

import io
import posixpath
import zipfile
from dataclasses import dataclass
from urllib.parse import unquote

from orchestration.answer.splices import NotEditableError, Splices, attribute_xml, parse, prove
from orchestration.read.formats.document import Limits
from orchestration.read.formats.package import Package

TYPES = "[content_types].xml"
WORKBOOK = "xl/workbook.xml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_EPOCH = (1980, 1, 1, 0, 0, 0)
# calamine finds these by their place, spreadsheets by their relationship: where the two differ, nobody
# knows which texts the reader saw.
_EXPECTED = ("xl/sharedstrings.xml", "xl/styles.xml")


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of a part; `target` is the other part's key, or an address where it is external."""

    identifier: str
    type: str
    target: str
    is_external: bool

    @property
    def kind(self) -> str:
        """The last word of its type: `worksheet`, `vbaProject`."""
        return self.type.rpartition("/")[2]


class Parts:
    """A package that is being changed. Parts are named by their path in lower case, without a leading slash.

    Raises UnreadableError as `Package` does, and NotEditableError.
    """

    def __init__(self, content: bytes, limits: Limits):
        self._package = Package(content, limits)
        self._names = {key: entry.filename.replace("\\", "/") for key, entry in self._package.entries.items()}
        for name in list(self._names):
            steps = name.split("/")
            if name.endswith("/"):
                del self._names[name]
            elif ".." in steps or "" in steps or ":" in steps[0]:
                raise NotEditableError(f"an entry is named {name!r}")
        if TYPES not in self._names or "_rels/.rels" not in self._names or WORKBOOK not in self._names:
            raise NotEditableError("the package lacks its content types, its relationships or its workbook")
        self._changed: dict[str, bytes] = {}
        self._splices: dict[str, Splices] = {}
        self._relationships: dict[str, list[Relationship]] = {}
        self._types: dict[str, str] = {}
        self._defaults: dict[str, str] = {}
        self._read_types()
        found = self.reachable()
        if lost := [name for name in _EXPECTED if name in self._names and name not in found]:
            raise NotEditableError(f"nothing leads to {lost[0]}")

    def __contains__(self, part: str) -> bool:
        return part in self._names

    def read(self, part: str) -> bytes:
        """A part as it is now. Raises NotEditableError where there is none."""
        if part not in self._names:
            raise NotEditableError(f"there is no part {part}")
        return self._changed[part] if part in self._changed else self._package.read(part)

    def write(self, part: str, content: bytes) -> None:
        """Replace a part."""
        self._changed[part] = content

    def add(self, part: str, content: bytes, content_type: str) -> None:
        """Add a part, or replace one together with its content type."""
        self._names.setdefault(part, part)
        self._changed[part] = content
        self._types[part] = content_type

    def free_name(self, pattern: str) -> str:
        """The first of `xl/comments{}.xml` with a number that no part has."""
        number = 1
        while pattern.format(number).lower() in self._names:
            number += 1
        return pattern.format(number).lower()

    # --- content types

    def _read_types(self) -> None:
        for element in parse(self.read(TYPES)).children:
            kind = element.get("ContentType")
            if element.name == "Default":
                self._defaults[element.get("Extension").lower()] = kind
            elif element.name == "Override":
                self._types[element.get("PartName").lstrip("/").lower()] = kind

    def type_of(self, part: str) -> str:
        """A part's content type; empty where the package does not say it."""
        return self._types.get(part) or self._defaults.get(part.rpartition(".")[2], "")

    def set_type(self, part: str, content_type: str) -> None:
        self._types[part] = content_type

    def _types_part(self, kept: set[str]) -> bytes:
        """The content types of what is kept; untouched where nothing came or went."""
        content = self._package.read(TYPES)
        splices, said = Splices(content), set()
        root = parse(content)
        for element in root.children:
            if element.name != "Override":
                continue
            part = element.get("PartName").lstrip("/").lower()
            if part not in kept:
                splices.remove(element)
            else:
                said.add(part)
                if self._types[part] != element.get("ContentType"):
                    splices.set_attribute(element.start, element.inner, "ContentType", self._types[part])
        for part in sorted(kept & self._types.keys() - said):
            name, kind = attribute_xml(f"/{self._names[part]}"), attribute_xml(self._types[part])
            splices.append(root, f"<{root.prefix}Override PartName={name} ContentType={kind}/>")
        return splices.result()

    # --- relationships

    @staticmethod
    def relationships_part(part: str) -> str:
        """Where a part's relationships stand; those of the package for the empty name."""
        folder, name = posixpath.split(part)
        return posixpath.join(folder, "_rels", f"{name}.rels")

    def relationships(self, part: str) -> list[Relationship]:
        """The relationships of a part, or of the package for the empty name."""
        if part not in self._relationships:
            name = self.relationships_part(part)
            found = parse(self.read(name)).children if name in self._names else []
            self._relationships[part] = [
                self._relationship(part, element) for element in found if element.name == "Relationship"
            ]
        return self._relationships[part]

    def _relationship(self, part: str, element: object) -> Relationship:
        get = element.get  # type: ignore[attr-defined]
        target, is_external = get("Target"), get("TargetMode") == "External"
        if not is_external:
            folder = "/" + posixpath.dirname(part)
            resolved = posixpath.normpath(posixpath.join(folder, target.replace("\\", "/"))).lstrip("/").lower()
            target = resolved if resolved in self._names else unquote(resolved)
        return Relationship(get("Id"), get("Type"), target, is_external)

    def target(self, part: str, identifier: str) -> str:
        """The part that a relationship leads to. Raises NotEditableError."""
        for relationship in self.relationships(part):
            if relationship.identifier == identifier and not relationship.is_external:
                return relationship.target
        raise NotEditableError(f"{part} has no relationship {identifier}")

    def add_relationship(self, part: str, kind: str, target: str) -> str:
        """Lead from a part to another one; returns the relationship's id."""
        known = {relationship.identifier for relationship in self.relationships(part)}
        number = len(known) + 1
        while f"rId{number}" in known:
            number += 1
        relationship = Relationship(f"rId{number}", f"{OFFICE}/{kind}", target, False)
        name = self.relationships_part(part)
        if name not in self._names:
            self._names[name] = self._own_relationships_name(part)
            self._changed[name] = f'<Relationships xmlns="{_PACKAGE_RELATIONSHIPS}"/>'.encode()
        content = self.read(name)
        root, splices = parse(content), Splices(content)
        written = attribute_xml("/" + self._names[target])
        splices.append(
            root,
            f'<{root.prefix}Relationship Id="{relationship.identifier}" Type="{relationship.type}" Target={written}/>',
        )
        self._changed[name] = splices.result()
        self._relationships[part].append(relationship)
        return relationship.identifier

    def _own_relationships_name(self, part: str) -> str:
        folder, name = posixpath.split(self._names[part])
        return posixpath.join(folder, "_rels", f"{name}.rels")

    def cut(self, part: str, identifiers: set[str]) -> None:
        """Remove relationships; what nothing else leads to goes with them."""
        if not identifiers:
            return
        name = self.relationships_part(part)
        content = self.read(name)
        splices = Splices(content)
        for element in parse(content).children:
            if element.get("Id") in identifiers:
                splices.remove(element)
        self._changed[name] = splices.result()
        self._relationships[part] = [
            relationship for relationship in self.relationships(part) if relationship.identifier not in identifiers
        ]

    def lead_nowhere(self, part: str, identifiers: set[str]) -> None:
        """Let relationships lead to `NULL`, as spreadsheets write what was lost: their ids may stand anywhere."""
        if not identifiers:
            return
        name = self.relationships_part(part)
        content = self.read(name)
        splices = Splices(content)
        for element in parse(content).children:
            if element.get("Id") in identifiers:
                splices.set_attribute(element.start, element.inner, "Target", "NULL")
                splices.set_attribute(element.start, element.inner, "TargetMode", "External")
        self._changed[name] = splices.result()
        del self._relationships[part]

    def retype(self, part: str, identifier: str, kind: str) -> None:
        """Give a relationship another type."""
        name = self.relationships_part(part)
        content = self.read(name)
        splices = Splices(content)
        for element in parse(content).children:
            if element.get("Id") == identifier:
                splices.set_attribute(element.start, element.inner, "Type", f"{OFFICE}/{kind}")
        self._changed[name] = splices.result()
        del self._relationships[part]

    def reachable(self) -> set[str]:
        """The parts that the package's relationships lead to, over any number of steps."""
        found: set[str] = set()
        waiting = [""]
        while waiting:
            for relationship in self.relationships(waiting.pop()):
                target = relationship.target
                if not relationship.is_external and target in self._names and target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    # --- the whole

    def result(self) -> bytes:
        """The package with its changes, in the order it came in, the same whenever it is made."""
        kept = self.reachable()
        rels = {self.relationships_part(part) for part in {"", *kept}}
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            # The content types come first, where programs look for them that tell a file's kind by its beginning.
            for part in (TYPES, *(name for name in self._names if name != TYPES)):
                if part == TYPES:
                    entry = self._types_part(kept)
                elif part in kept or (part in rels and part in self._names):
                    entry = self.read(part)
                else:
                    continue
                if part.endswith((".xml", ".rels")):
                    # A spreadsheet that meets a broken part mends the workbook, or does not open it.
                    prove(entry)
                archive.writestr(zipfile.ZipInfo(self._names[part], _EPOCH), entry, zipfile.ZIP_DEFLATED)
        return content.getvalue()
