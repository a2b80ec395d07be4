"""Which format a file is: by its bytes, never by its name alone."""

from orchestration.findings import Finding
from orchestration.read.formats.document import Document, Limits, UnreadableError

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What else arrives by mistake, named so that the sender understands.
_OTHERS = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
    b"{\\rtf": "RTF",
    b"<!DOCTYPE": "HTML",
    b"<html": "HTML",
}


def open_document(name: str, content: bytes, limits: Limits) -> Document:
    """The sheets of a received file.

    Raises UnreadableError with FILE_EMPTY, FILE_TOO_LARGE, FILE_CORRUPT, FILE_ENCRYPTED or
    FORMAT_UNSUPPORTED.
    """
    if not content.removeprefix(b"\xef\xbb\xbf").strip(b"\0 \t\r\n"):
        raise UnreadableError(Finding("FILE_EMPTY", found=f"{len(content)} B"))
    if len(content) > limits.file_bytes:
        raise UnreadableError(Finding("FILE_TOO_LARGE", found=f"{len(content)} B", expected=f"{limits.file_bytes} B"))
    if content.startswith((_ZIP, _OLE)):
        from orchestration.read.formats import workbook

        return workbook.open_workbook(content, limits)
    for magic, kind in _OTHERS.items():
        if content[: len(magic)].lower() == magic.lower():
            raise UnreadableError(Finding("FORMAT_UNSUPPORTED", found=kind, expected="xlsx, csv"))
    from orchestration.read.formats import delimited

    return delimited.open_delimited(name, content, limits)
