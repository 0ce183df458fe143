"""A table as a file for a spreadsheet: CSV (RFC 4180, UTF-8) or an Excel workbook; no cell of either runs as a formula."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from typing import IO, Any, Protocol

import xlsxwriter

from webapi.protocol.problems import Invalid

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CONTENT_TYPES = {"csv": f"{CSV_TYPE}; charset=utf-8; header=present", "xlsx": XLSX_TYPE}
BYTE_ORDER_MARK = "\ufeff"

FORMULA_STARTS = frozenset("=+-@")
UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")  # kinds of characters that a spreadsheet may pass over: control, format, blanks
EXACT_IN_EXCEL = 10**15  # it keeps 15 digits of a number
MOST_ROWS_OF_A_SHEET = 1_048_576
LONGEST_CELL = 32_767


class Table(Protocol):
    """What rows are written to."""

    def row(self, values: Sequence[Any]) -> None:
        """Write one row."""

    def end(self) -> None:
        """Write what is left; the file is whole then."""


class CsvTable:
    """CSV; text that a spreadsheet would take for a formula begins with an apostrophe."""

    def __init__(self, file: IO[bytes], byte_order_mark: bool) -> None:
        """Write to ``file``; by the byte order mark Excel knows that it is UTF-8."""
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        if byte_order_mark:
            self._text.write(BYTE_ORDER_MARK)
        self._writer = csv.writer(self._text)

    def row(self, values: Sequence[Any]) -> None:
        """Write one row."""
        self._writer.writerow(map(cell, values))

    def end(self) -> None:
        """Leave the file open."""
        self._text.detach()


class XlsxTable:
    """A workbook of one sheet; text is text there and needs no apostrophe. Raises Invalid where a sheet is too short."""

    def __init__(self, file: IO[bytes]) -> None:
        # One row in memory at a time.
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_urls": False})
        self._sheet = self._book.add_worksheet()
        self._rows = 0

    def row(self, values: Sequence[Any]) -> None:
        """Write one row."""
        if self._rows == MOST_ROWS_OF_A_SHEET:
            raise Invalid(
                "format", f"xlsx holds {MOST_ROWS_OF_A_SHEET - 1:,} rows, and the list has more: csv holds all"
            )
        for column, value in enumerate(values):
            if isinstance(value, bool) or value is None:
                self._sheet.write(self._rows, column, value)
            elif isinstance(value, int | float) and abs(value) < EXACT_IN_EXCEL:
                self._sheet.write_number(self._rows, column, value)
            else:
                self._sheet.write_string(self._rows, column, _joined(value)[:LONGEST_CELL])
        self._rows += 1

    def end(self) -> None:
        """Write the workbook into the file."""
        self._book.close()


def cell(value: Any) -> str | int | float:
    """Return a value as one cell of a CSV file."""
    if value is None:
        return ""
    if isinstance(value, list):
        return _joined(value)
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def _joined(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _is_formula(text: str) -> bool:
    """Say whether a spreadsheet could take the text for a formula, wide characters and unseen ones before it included."""
    if text[:1] in ("\t", "\r", "\n"):
        return True
    first = next((character for character in text if unicodedata.category(character) not in UNSEEN), "")
    return unicodedata.normalize("NFKC", first) in FORMULA_STARTS
