"""Names what a file is by its first bytes, if it is no CSV in UTF-8, and says what to do with it."""

from __future__ import annotations

import re

_SAVE = "Open it in a spreadsheet program and save the sheet with the orders as 'CSV UTF-8 (comma delimited)'"
_SAVE_AS_UTF8 = "Save it as 'CSV UTF-8 (comma delimited)'"
_UNPACK = "Unpack it and give the CSV file in it"
_REPACK = "Unpack it, and give the CSV file plain or compressed by gzip"
_EXPORT = "Export the orders as CSV instead"
_NOT_THE_FILE = "Give the CSV file itself"
_OFFICE = rb"PK\x03\x04.{26}(?:\[Content_Types\]|_rels/|docProps/|xl/|word/|ppt/)"

# Of each: what the file begins with, its name, the next step. The first that fits stands.
_KINDS = (
    (_OFFICE + rb".*xl/", "an Excel workbook (xlsx)", _SAVE),
    (_OFFICE, "an Office document (such as docx)", _EXPORT),
    (rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis", "an OpenDocument file (such as ods)", _SAVE),
    (rb"PK\x03\x04.{26}Index/", "an Apple Numbers file", _SAVE),
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "a zip archive", _UNPACK),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (xls), or one with a password", _SAVE),
    (rb"\x09[\x00\x02\x04\x08][\x04-\x10]\x00", "a very old Excel workbook (xls)", _SAVE),
    (rb"\x1f\x8b", "compressed twice (gzip inside gzip)", "Unpack it once"),
    (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", "compressed by bzip2", _REPACK),
    (rb"\xfd7zXZ\x00|\x5d\x00\x00.\x00|LZIP\x01", "compressed by xz, lzma or lzip", _REPACK),
    (rb"[\x22-\x28]\xb5\x2f\xfd|\x04\x22\x4d\x18|\x1f[\x9d\xa0]", "compressed by zstd, lz4 or compress", _REPACK),
    (rb"\xff\x06\x00\x00sNaPpY|\x89LZO", "compressed by snappy or lzop", _REPACK),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (rb"Rar!\x1a\x07", "a rar archive", _UNPACK),
    (rb".{257}ustar|MSCF\x00|!<arch>\n", "an archive (tar, cab or ar)", _UNPACK),
    (
        rb"PAR1[\x00-\x1f]|ORC[\x00-\x1f]|Obj\x01|ARROW1\x00|FEA1\x00|SQLite format 3\x00|\x89HDF",
        "a file of a data tool (parquet, ORC, Avro, Arrow, SQLite or HDF)",
        _EXPORT,
    ),
    (rb"%PDF-", "a PDF", _EXPORT),
    (rb"\{\\rtf", "a text document (rtf)", _EXPORT),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|II\*\x00|MM\x00\*", "a picture", _EXPORT),
    (rb"L\x00\x00\x00\x01\x14\x02\x00|\[InternetShortcut\]", "a shortcut, not the file that it leads to", _NOT_THE_FILE),
    (rb"version https://git-lfs", "a pointer of Git LFS", "Fetch the file by `git lfs pull`"),
    (rb"\x00\x05\x16[\x00\x07]|\x00\x00\x00\x01Bud1|bplist00", "what macOS notes about a file or folder", _NOT_THE_FILE),
    (rb"\x7fELF|MZ.\x00", "a program", _EXPORT),
    (rb"-----BEGIN PGP|\x85[\x01-\x04]", "encrypted by PGP", "Decrypt it and give the CSV file in it"),
    (rb"\xff\xfe\x00\x00|\x00\x00\xfe\xff|(?:[^\x00]\x00\x00\x00){8}|(?:\x00\x00\x00[^\x00]){8}", "UTF-32", _SAVE_AS_UTF8),
    (rb"\x00+\Z", "NUL bytes and nothing else, as a copy that was cut short leaves it", "Copy it again"),
    (rb"(?i)\s*<(?:!doctype html|html|head|body|meta|table|div|style|script)\b", "a web page (HTML)", _EXPORT),
    (rb"\s*<[?!A-Za-z]", "XML", _EXPORT),
    (rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\]\"])", "JSON", _EXPORT),
    (rb"(?i)(?:MIME-Version|Content-Type|Return-Path):", "a mail or a web archive", _EXPORT),
    (rb"(?i)\s*(?:--[^\n]* dump|--\s*\n--|/\*!|create (?:table|database)|insert into|drop table|use `)", "SQL", _EXPORT),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), name, step) for pattern, name, step in _KINDS)


def name_kind(beginning: bytes) -> str | None:
    """Return a sentence that names the kind and the next step, or None. ``beginning`` is all of a short file.

    A text may be named that has a header: ask this of a file only whose first line is none.
    """
    if _is_utf16(beginning):
        return _sentence("text in UTF-16 (a spreadsheet's 'Unicode text')", _SAVE_AS_UTF8)
    return next((_sentence(name, step) for pattern, name, step in _PATTERNS if pattern.match(beginning)), None)


def _is_utf16(beginning: bytes) -> bool:
    """Tell it by the mark, or by NUL bytes in every other place: every ASCII character has one."""
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return not beginning.startswith(b"\xff\xfe\x00\x00")
    sample = beginning[:2000]
    fewer, more = sorted((sample[::2].count(0), sample[1::2].count(0)))
    return 4 * more > len(sample) and 20 * fewer <= more and len(sample) > 1


def _sentence(name: str, step: str) -> str:
    return f"the file is no CSV: its content is {name}. {step}"
