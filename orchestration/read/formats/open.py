"""Which format a file is: by its bytes, never by its name alone."""

import codecs
import re
from dataclasses import replace
from pathlib import PurePosixPath

from orchestration.findings import Finding
from orchestration.read.formats.document import Document, Limits, UnreadableError

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What else arrives by mistake, named so that the sender understands.
_OTHERS = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"{\\rtf": "RTF",
    b"MZ\x90\0": "EXE",
    b"\x7fELF": "EXE",
}
_READABLE = "xlsx, csv, JSON, XML"
_SNIFFED = 4096
# Cells of records carry their locators, and stand in memory twice while they are read.
_LOCATED_COST = 5
_XML_PROLOGUE = re.compile(
    r"\s*(?:<\?(?!xml-stylesheet)[^>]{0,500}\?>|<!--.{0,2000}?-->|<\?xml-stylesheet[^>]*>)", re.DOTALL
)
_ROOT = re.compile(r"\s*<(?:[\w.-]+:)?([\w.-]+)")
_SPREADSHEET_XML = "Excel.Sheet"
# The endings under which a format may come without a word.
_ENDINGS = {
    "csv": {".csv", ".txt", ".tsv", ".tab", ""},
    "json": {".json", ".geojson", ""},
    "dhis2_json": {".json", ""},
    "kobo_json": {".json", ""},
    "dhis2_xml": {".xml", ""},
    "adx_xml": {".xml", ".adx", ""},
    "sdmx_ml": {".xml", ".sdmx", ""},
}


def open_document(name: str, content: bytes, limits: Limits) -> Document:
    """The sheets of a received file.

    Raises UnreadableError with FILE_EMPTY, FILE_TOO_LARGE, FILE_TOO_SLOW, FILE_CORRUPT,
    FILE_ENCRYPTED, FILE_UNSAFE, FILE_ENCODING_MIXED, QUOTE_UNCLOSED, ARCHIVE_NESTED,
    FILE_INCOMPLETE, JSON_KEY_REPEATED, JSON_NO_NUMBER or FORMAT_UNSUPPORTED. A file that is another kind than its
    name says is opened as what it is, with FILE_MISNAMED among the document's findings.
    """
    start = content[:_SNIFFED]
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        start = start.removeprefix(mark)
    if not start.strip(b"\0 \t\r\n") and not content[_SNIFFED:].strip(b"\0 \t\r\n"):
        raise UnreadableError(Finding("FILE_EMPTY", found=f"{len(content)} B"))
    if len(content) > limits.file_bytes:
        raise UnreadableError(Finding("FILE_TOO_LARGE", found=f"{len(content)} B", expected=f"{limits.file_bytes} B"))
    try:
        document = _opened(name, content, limits)
    except MemoryError as error:
        raise UnreadableError(Finding("FILE_TOO_LARGE", found=f"{len(content)} B", expected="memory")) from error
    ending = PurePosixPath(name).suffix.lower()
    if ending not in _ENDINGS.get(document.format, {f".{document.format}", ""}):
        document.findings.append(Finding("FILE_MISNAMED", found=ending, expected=document.format))
    return document


def _opened(name: str, content: bytes, limits: Limits) -> Document:
    if content.startswith((*_ZIP, _OLE)):
        from orchestration.read.formats import workbook

        return workbook.open_workbook(content, limits)
    for magic, kind in _OTHERS.items():
        if content.startswith(magic):
            raise UnreadableError(Finding("FORMAT_UNSUPPORTED", found=kind, expected=_READABLE))
    start = _start(content)
    located = replace(limits, cells=limits.cells // _LOCATED_COST)
    if start.startswith("<") and (document := _open_xml(name, content, start, located)):
        return document
    if start.startswith(("{", "[")):
        from orchestration.read.formats import json_records

        try:
            return json_records.open_json(name, content, located)
        except UnreadableError as error:
            # A table may begin with a bracket too; what calls itself JSON is held to it.
            if error.finding.code != "FILE_CORRUPT" or not name.lower().endswith((".csv", ".txt", ".tsv")):
                raise
    from orchestration.read.formats import delimited

    return delimited.open_delimited(name, content, limits)


def _start(content: bytes) -> str:
    """The beginning as text, far enough to know what it is the beginning of."""
    start = content[:_SNIFFED]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start.decode("utf-16", errors="replace").lstrip()
    if start[:1] in b"<{[" and start[1:2] == b"\0":
        return start.decode("utf-16-le", errors="replace").lstrip()
    if start[:1] == b"\0" and start[1:2] in (b"<", b"{", b"["):
        return start.decode("utf-16-be", errors="replace").lstrip()
    return start.decode("utf-8-sig", errors="replace").lstrip()


def _open_xml(name: str, content: bytes, start: str, limits: Limits) -> Document | None:
    """XML of a known kind; None for text that only begins like XML."""
    from orchestration.read.formats import safe_xml, sdmx_ml

    rest = start
    while prologue := _XML_PROLOGUE.match(rest):
        rest = rest[prologue.end() :]
    rest = rest.lstrip()
    if rest[:9].upper() == "<!DOCTYPE":
        if rest[9:].lstrip()[:4].lower() == "html":
            raise UnreadableError(Finding("FORMAT_UNSUPPORTED", found="HTML", expected=_READABLE))
        raise UnreadableError(Finding("FILE_UNSAFE", found="DOCTYPE"))
    root = _ROOT.match(rest)
    kind = root[1] if root else ""
    if not kind and rest[:4] == "<!--":
        kind = safe_xml.root_name(content, limits)
    if kind.lower() in ("html", "head", "body", "table", "meta", "style"):
        raise UnreadableError(Finding("FORMAT_UNSUPPORTED", found="HTML", expected=_READABLE))
    title = PurePosixPath(name).stem
    if kind in ("dataValueSet", "adx"):
        from orchestration.read.formats import dhis2

        return dhis2.open_xml(content, "adx_xml" if kind == "adx" else "dhis2_xml", title, limits)
    if kind in sdmx_ml.MESSAGES:
        return sdmx_ml.open_sdmx(content, title, limits)
    if start.startswith("<?xml") or name.lower().endswith((".xml", ".sdmx")):
        # Whether it is XML at all is said first; then that nobody here knows it.
        for _ in safe_xml.events(content, limits):
            pass
        found = "Excel 2003 XML" if _SPREADSHEET_XML in start or kind == "Workbook" else f"XML: {kind}"
        raise UnreadableError(Finding("FORMAT_UNSUPPORTED", found=found, expected=_READABLE))
    return None
