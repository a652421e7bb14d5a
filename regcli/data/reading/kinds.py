"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import re
from typing import NamedTuple

from regcli.errors import DataError

PACKED_SUFFIXES = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})

_PACKINGS = (
    (re.compile(rb"\x1f\x8b\x08"), "gzip"),
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), "bzip2"),
    (re.compile(rb"\xfd7zXZ\x00"), "xz"),
    (re.compile(rb"\x28\xb5\x2f\xfd"), "zstd"),
)


class Kind(NamedTuple):
    """A kind of file that is not a table of text, and how to get one from it."""

    name: str
    way_out: str


_SAVE = "save it as CSV"
_UNPACK = "unpack it first"
_TABLE = "a table as CSV text is needed"

_MAGIC = (
    (b"\x89PNG\r\n", Kind("a PNG image", _TABLE)),
    (b"\xff\xd8\xff", Kind("a JPEG image", _TABLE)),
    (b"GIF8", Kind("a GIF image", _TABLE)),
    (b"%PDF-", Kind("a PDF document", "save its table as CSV")),
    (b"ORC", Kind("an ORC file", _SAVE)),
    (b"Obj\x01", Kind("an Avro file", _SAVE)),
    (b"\x93NUMPY", Kind("a NumPy array file", "save it as CSV: numpy.savetxt(FILE, array, delimiter=',')")),
    (b"\x89HDF\r\n", Kind("an HDF5 file", _SAVE)),
    (
        b"SQLite format 3\0",
        Kind("a SQLite database", "save a table of it as CSV: sqlite3 -csv -header FILE 'select ...'"),
    ),
    (b"\xd0\xcf\x11\xe0", Kind("an old Excel workbook or another Office document", "save the sheet as CSV")),
    (b"RDX", Kind("an R workspace", "save it as CSV: write.csv(x, row.names = FALSE)")),
    (b"<stata_dta>", Kind("a Stata file", "save it as CSV: export delimited")),
    (b"$FL2", Kind("an SPSS file", _SAVE)),
    (b"{\\rtf", Kind("a rich text document", "save it as plain text")),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7z archive", _UNPACK)),
    (b"Rar!\x1a", Kind("a RAR archive", _UNPACK)),
    (b"\x04\x22\x4d\x18", Kind("an LZ4 file", _UNPACK)),
    (b"\x7fELF", Kind("a program", _TABLE)),
)

_COLUMNAR = (
    (b"PAR1", "Parquet file"),
    (b"ARROW1", "Arrow file"),
    (b"FEA1", "Feather file"),
    (b"\xff\xff\xff\xff", "Arrow stream"),
)

_JSON_OBJECT = re.compile(rb'\s*\{\s*("(?:[^"\\]|\\.)*"\s*:|\}\s*$)')
_JSON_ARRAY = re.compile(rb'\s*\[\s*(?:[\[{"\]0-9-]|true|false|null)')
_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body|table|script|div)\b", re.IGNORECASE | re.DOTALL
)
_XML = re.compile(rb"\s*<\?xml\b", re.IGNORECASE)
_R_DATA = re.compile(rb"[XAB]\n\0\0\0[\2\3]")


def packing(content: bytes) -> str | None:
    """The compression these bytes are packed with, or None."""
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")) and _office(content) is None:
        return "zip"
    return next((name for magic, name in _PACKINGS if magic.match(content)), None)


def columnar(content: bytes) -> str | None:
    """The kind of file of typed columns that this is, or None."""
    return next(
        (kind for magic, kind in _COLUMNAR if content.startswith(magic) and not _is_header(content, magic)), None
    )


def refuse(content: bytes, name: str) -> None:
    """Raise DataError, naming the kind and a way out, where the content is a known kind that is not delimited text."""
    kind = recognised(content)
    if kind is not None:
        raise DataError(f"{name} is {kind.name}, not CSV text", hint=kind.way_out)


def recognised(content: bytes) -> Kind | None:
    """The kind of file that this is by content, or None where it may be a table of text."""
    for magic, kind in _MAGIC:
        if content.startswith(magic) and not _is_header(content, magic):
            return kind
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")) and (office := _office(content)) is not None:
        return office
    if content[257:262] == b"ustar":
        return Kind("a tar archive", _UNPACK)
    if _R_DATA.match(content):
        return Kind("an R data file", "save it as CSV: write.csv(x, row.names = FALSE)")
    if content[:1] == b"\x80" and content[1:2] in (b"\2", b"\3", b"\4", b"\5") and content.endswith(b"."):
        return Kind("a Python pickle", "save it as CSV (regcli never opens pickles)")
    return _markup(content.removeprefix(b"\xef\xbb\xbf"))


def _is_header(content: bytes, magic: bytes) -> bool:
    """Whether letters that happen to be a magic number ('ORC', 'RDX') simply begin a column name."""
    return magic.isalnum() and content[len(magic) : len(magic) + 64].isascii() and b"\0" not in content[:4096]


def _office(content: bytes) -> Kind | None:
    """The office document that a zip archive is."""
    if b"[Content_Types].xml" in content:
        what = "an Excel workbook (xlsx)" if b"xl/" in content else "an Office document"
        return Kind(what, "save the sheet as CSV")
    if b"mimetypeapplication/vnd.oasis" in content[:200]:
        return Kind("an OpenDocument file", "save the sheet as CSV")
    return None


def _markup(content: bytes) -> Kind | None:
    head = content[:4096]
    if _HTML.match(head):
        return Kind("an HTML page", "download the CSV file itself, not the page that shows it")
    if _XML.match(head):
        return Kind("an XML document", _SAVE)
    if _JSON_OBJECT.match(head) or (_JSON_ARRAY.match(head) and content.rstrip().endswith(b"]")):
        return Kind("a JSON document", "save it as CSV: pandas.read_json(FILE).to_csv(FILE, index=False)")
    return None
