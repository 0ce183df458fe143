"""A file that is no CSV in UTF-8 is named for what it is, with the next step; a CSV with its header is never taken for one of these."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from campaign.contract.columns import COLUMN_NAMES
from campaign.ingest.read.header import HeaderError, read_header

HEADER = ",".join(COLUMN_NAMES)
ROWS = "2026-06-10 13:37:00,2026-06-10,7,1,2,3,70000,20000\n" * 200
CSV = f"{HEADER}\n{ROWS}"
WITH_NOTE = f"note,{HEADER}\n{ROWS}"  # behind binary bytes, the header seems whole: the first name takes them


def zipped(compression: int = zipfile.ZIP_DEFLATED, **members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return target.getvalue()


def workbook(folder: str = "xl") -> bytes:
    return zipped(**{"[Content_Types].xml": "<Types/>" * 50, "_rels/.rels": "<x/>", f"{folder}/workbook.xml": "<w/>"})


def tarred(form: int) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as archive:
        entry = tarfile.TarInfo("orders.csv")
        entry.size = len(WITH_NOTE)
        archive.addfile(entry, io.BytesIO(WITH_NOTE.encode()))
    return target.getvalue()


def parquet() -> bytes:
    target = io.BytesIO()
    pl.DataFrame({"order_id": [1, 2]}).write_parquet(target)
    return target.getvalue()


def database(folder: Path) -> bytes:
    with sqlite3.connect(folder / "orders.db") as connection:
        connection.execute("create table orders (order_id integer)")
    return (folder / "orders.db").read_bytes()


ORDERS = [{"order_id": 7, "uid": 1}] * 50
KINDS = {
    "xlsx": (workbook(), "Excel workbook", "save the sheet"),
    "xlsx_without_folders_first": (zipped(**{"xl/worksheets/sheet1.xml": "<x/>"}), "Excel workbook", "save the sheet"),
    "docx": (workbook("word"), "Office document", "Export"),
    "ods": (zipped(0, mimetype="application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument", "save the sheet"),
    "numbers": (zipped(**{"Index/Document.iwa": "x"}), "Apple Numbers", "save the sheet"),
    "zip_stored": (zipped(zipfile.ZIP_STORED, **{"orders.csv": WITH_NOTE}), "zip archive", "Unpack it"),
    "zip_deflated": (zipped(**{"orders.csv": CSV, "xl/": ""}), "zip archive", "Unpack it"),
    "zip_of_nothing": (zipped(), "zip archive", "Unpack it"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel workbook", "save the sheet"),
    "xls_of_1993": (b"\x09\x08\x08\x00\x00\x05\x10\x00" + CSV.encode(), "very old Excel", "save the sheet"),
    "gzip": (gzip.compress(CSV.encode()), "compressed twice", "Unpack it once"),
    "bzip2": (bz2.compress(CSV.encode()), "bzip2", "Unpack it"),
    "xz": (lzma.compress(CSV.encode()), "xz", "Unpack it"),
    "lzma": (lzma.compress(CSV.encode(), format=lzma.FORMAT_ALONE), "lzma", "Unpack it"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04\x00\x41" + CSV.encode(), "zstd", "Unpack it"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(90), "7z archive", "Unpack it"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(90), "rar archive", "Unpack it"),
    "tar": (tarred(tarfile.USTAR_FORMAT), "tar", "Unpack it"),
    "tar_of_gnu": (tarred(tarfile.GNU_FORMAT), "tar", "Unpack it"),
    "parquet": (parquet(), "parquet", "Export the orders as CSV"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "a PDF", "Export"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(20), "a picture", "Export"),
    "rtf": (rb"{\rtf1\ansi txn_time}", "rtf", "Export"),
    "windows_shortcut": (b"L\x00\x00\x00\x01\x14\x02\x00" + bytes(60), "a shortcut", "CSV file itself"),
    "web_shortcut": (b"[InternetShortcut]\r\nURL=https://shop.example\r\n", "a shortcut", "CSV file itself"),
    "lfs_pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS", "git lfs pull"),
    "apple_double": (b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(60), "macOS", "CSV file itself"),
    "ds_store": (b"\x00\x00\x00\x01Bud1" + bytes(60), "macOS", "CSV file itself"),
    "pgp": (b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n", "PGP", "Decrypt"),
    "zeros": (bytes(5000), "NUL bytes and nothing else", "Copy it again"),
    "nul_ridden": (WITH_NOTE.replace("note", "no\0te", 1).encode(), "holds NUL bytes", "Export it again"),
    "ebcdic": (CSV.encode("cp037"), "not UTF-8", "Save the file as CSV UTF-8"),
    "unknown_to_us": (b"\x78\x9c\x07\x02" + CSV.encode(), "no text", "Export it again"),
    "html": (b"<html><table><tr><td>txn_time</td></tr></table></html>", "HTML", "Export"),
    "html_login": (b"\r\n  <!DOCTYPE html>\n<title>Sign in</title>", "HTML", "Export"),
    "html_of_an_xls": (b'\xef\xbb\xbf<meta charset="utf-8"><table border=1><tr>', "HTML", "Export"),
    "xml": (b'<?xml version="1.0"?>\n<orders><order/></orders>', "XML", "Export"),
    "json": (json.dumps(ORDERS, indent=2).encode(), "JSON", "Export"),
    "json_lines": ("\n".join(map(json.dumps, ORDERS)).encode(), "JSON", "Export"),
    "json_object": (json.dumps({"orders": ORDERS}).encode(), "JSON", "Export"),
    "json_arrays": (b"[[1,2],[3,4]]", "JSON", "Export"),
    "json_arrays_with_a_header": (json.dumps([list(COLUMN_NAMES), [1]], separators=(",\n", ":")).encode(), "JSON", "Export"),
    "json_lines_of_arrays": ((f"[\n{json.dumps(COLUMN_NAMES, separators=(',', ':'))},\n[1]]").encode(), "JSON", "Export"),
    "html_around_a_csv": (f"<html><pre>\n{CSV}</pre>".encode(), "HTML", "Export"),
    "sql": (f"-- MySQL dump 10.13\n\nINSERT INTO orders ({HEADER}) VALUES (1);\n".encode(), "SQL", "Export"),
    "sql_of_statements": (f"create table orders (a int);\ninsert into orders ({HEADER}) values (1);\n".encode(), "SQL", "Export"),
    "mail": (b"MIME-Version: 1.0\nX-Document-Type: Workbook\n", "a mail", "Export"),
} | {
    f"{encoding}_{'bom' if mark else 'bare'}{end!r}": (
        mark + CSV.replace("\n", end).replace(",", separator).encode(encoding), name, "CSV UTF-8"
    )
    for encoding, mark, name, end, separator in (
        ("utf-16-le", b"\xff\xfe", "UTF-16", "\r\n", "\t"), ("utf-16-be", b"\xfe\xff", "UTF-16", "\n", ","),
        ("utf-16-le", b"", "UTF-16", "\r\n", ","), ("utf-16-be", b"", "UTF-16", "\n", ";"),
        ("utf-32-le", b"\xff\xfe\x00\x00", "UTF-32", "\n", ","), ("utf-32-be", b"", "UTF-32", "\n", ","),
    )
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_is_named_with_the_next_step(kind: str) -> None:
    content, name, step = KINDS[kind]
    with pytest.raises(HeaderError) as raised:
        read_header(content.removeprefix(b"\xef\xbb\xbf"), is_last=True)
    assert name in str(raised.value)
    assert step in str(raised.value)


def test_utf16_is_named_in_any_language() -> None:
    with pytest.raises(HeaderError, match="UTF-16"):
        read_header("Mã đơn hàng\tNgày đặt hàng\tNgười Mua\n260610\t2026-06-10\tan\n".encode("utf-16-le"), is_last=True)


def test_a_sqlite_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(HeaderError, match="SQLite"):
        read_header(database(tmp_path), is_last=True)


@given(st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n",'), max_size=20))
def test_no_name_of_a_first_column_makes_another_kind_of_a_csv(name: str) -> None:
    letters = "".join(filter(str.isalpha, name)).casefold()
    assume(letters not in {column.replace("_", "") for column in COLUMN_NAMES})  # a second claim on a column is refused
    content = f"{name},{CSV}".encode().removeprefix(b"\xef\xbb\xbf")
    assert read_header(content, is_last=True).names[1:] == list(COLUMN_NAMES)
