"""Zip containers of workbooks: what they may hold before anything in them is unpacked."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from orchestration.findings import Finding
from orchestration.read.formats.document import Limits, UnreadableError, too_large

_CHUNK = 4 * 1024 * 1024
# Deflate never expands more than this; an entry that cannot grow dangerous needs no proof of its size.
_DEFLATE_RATIO = 1032
_HARMLESS = 32 * 1024 * 1024
_LARGEST_WHOLE = 256 * 1024 * 1024
_LOCAL_HEADER, _NAME_LENGTHS_AT = 30, 26
_NAME_LENGTHS = struct.Struct("<HH")
_RATIO_FROM = 16 * 1024 * 1024
_ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".tar", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".bz2", ".xz")


class Package:
    """An opened container whose entries keep within the limits.

    Raises UnreadableError with FILE_CORRUPT, FILE_ENCRYPTED, FILE_TOO_LARGE or ARCHIVE_NESTED.
    """

    def __init__(self, content: bytes, limits: Limits):
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except Exception as error:
            raise corrupt(error) from error
        entries = self._zip.infolist()
        self._content = content
        self._limits = limits
        # Names are compared as calamine compares them; a name that stands twice would let two readers see two files.
        self.entries = {entry.filename.lower().replace("\\", "/"): entry for entry in entries}
        if len(entries) > limits.entries:
            raise UnreadableError(too_large(f"{len(entries)} entries", f"{limits.entries} entries"))
        if len(self.entries) < len(entries):
            raise UnreadableError(Finding("FILE_CORRUPT", found="entries of one name"))
        expanded = sum(entry.file_size for entry in entries)
        if expanded > limits.expanded_bytes:
            raise UnreadableError(too_large(f"{expanded} B", f"{limits.expanded_bytes} B"))
        for entry in entries:
            self._judge(entry)

    def _judge(self, entry: zipfile.ZipInfo) -> None:
        if entry.flag_bits & 1:
            raise UnreadableError(Finding("FILE_ENCRYPTED"))
        if entry.file_size > _RATIO_FROM and entry.file_size > self._limits.ratio * max(entry.compress_size, 1):
            ratio = f"{entry.file_size // max(entry.compress_size, 1)} : 1"
            raise UnreadableError(too_large(f"{entry.filename}: {ratio}", f"{self._limits.ratio} : 1"))
        name = entry.filename.lower()
        # Pictures of charts and documents put into a workbook stand in `embeddings` and are never opened.
        if name.endswith(_ARCHIVES) and "/embeddings/" not in name:
            raise UnreadableError(Finding("ARCHIVE_NESTED", found=entry.filename, expected="xlsx, csv"))

    def __contains__(self, name: str) -> bool:
        return name.lower() in self.entries

    def size(self, name: str) -> int:
        return self.entries[name.lower()].file_size

    def read(self, name: str) -> bytes:
        """An entry whole. Raises UnreadableError with FILE_CORRUPT, or FILE_TOO_LARGE for one that `pieces` is for.

        Deflated entries are unpacked without the machinery for streams, which costs a small workbook
        as much as its content does.
        """
        entry = self.entries[name.lower()]
        if entry.file_size > _LARGEST_WHOLE:
            raise UnreadableError(too_large(f"{entry.filename}: {entry.file_size} B", f"{_LARGEST_WHOLE} B"))
        try:
            if entry.compress_type != zipfile.ZIP_DEFLATED:
                return self._zip.read(entry)
            start = entry.header_offset
            start += _LOCAL_HEADER + sum(_NAME_LENGTHS.unpack_from(self._content, start + _NAME_LENGTHS_AT))
            packed = self._content[start : start + entry.compress_size]
            unpacked = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, entry.file_size + 1)
        except Exception as error:
            raise corrupt(error) from error
        if len(unpacked) != entry.file_size or zlib.crc32(unpacked) != entry.CRC:
            raise corrupt(f"{entry.filename}: CRC")
        return unpacked

    def pieces(self, name: str) -> Iterator[bytes]:
        """An entry's content in order, some megabytes at a time."""
        try:
            with self._zip.open(self.entries[name.lower()]) as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        except UnreadableError:
            raise
        except Exception as error:
            raise corrupt(error) from error

    def prove_sizes(self, proven: set[str]) -> None:
        """Unpack what could be larger than it says, except `proven`, which was unpacked already."""
        for name, entry in self.entries.items():
            if name not in proven and entry.compress_size * _DEFLATE_RATIO > _HARMLESS:
                for _ in self.pieces(name):
                    pass


def corrupt(error: BaseException | str) -> UnreadableError:
    """The refusal of a file that a parser could not follow, with the parser's reason."""
    return UnreadableError(Finding("FILE_CORRUPT", found=str(error)[:200]))
