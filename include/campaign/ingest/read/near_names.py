"""Which of a file's columns look like those of the contract: by words that exports of shop platforms use, or by spelling."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Sequence

_TIMES = (
    r".*\b(creat\w*|placed|purchased?|order|sale|transaction|txn)\b.*\b(at|on|time|date|timestamp|day)\b|ngay (dat|tao).*"
    r"|thoi gian (dat|tao).*|waktu pesanan dibuat|date (add|created)|bestelldatum|fecha.*",
    r".*\b(date|time|timestamp|at|ngay|waktu|tanggal)\b.*",
)
_ID = r"(id|uid|no|num|number|code|sn|ref|reference)"
# Words as ``_words`` gives them, per column: names that say it plainly, then names that may mean it.
_PATTERNS = {
    "txn_time": _TIMES,
    "txn_date": _TIMES,
    "order_id": (
        rf"(\w+ )?order {_ID}|id order|increment id|ma don( hang)?|no pesanan|nomor pesanan",
        rf"name|id|(order|transaction|txn|receipt|invoice|sale)( {_ID})?",
    ),
    "uid": (
        rf"(customer|buyer|user|member|client|account) {_ID}|id customer|.*\buid\b",
        r".*\b(customer|buyer|user|member|client|email|username|nguoi mua|khach hang|pembeli)\b.*",
    ),
    "shop_id": (
        rf"(shop|store|seller|vendor|merchant|outlet) {_ID}",
        r"(shop|store|seller|vendor|merchant|outlet)( name)?|ten (shop|gian hang|cua hang)|(nama )?toko",
    ),
    "shop_owner_uid": (r".*\bowner\b.*", rf"(seller|vendor|merchant)( {_ID})?"),
    "gmv": (
        r".*\bgmv\b.*|(\w+ )?grand total|order (total|amount|value|price)|total (amount|price|paid|payment|value|sales|sum)"
        r"|tong (gia tri|tien|so tien|cong).*|total pembayaran",
        r"(\w+ )?(sub ?total|total|amount|price|revenue|sales|turnover)",
    ),
    "rebate": (
        r".*\b(rebate|discount|voucher|coupon|promo\w*)\b.*\b(amount|total|value|price)\b.*|ma giam gia.*|.*\bgiam gia\b.*",
        r".*\b(rebate|rebates|discounts?|vouchers?|coupons?|promo\w*|cashback|diskon|potongan)\b.*",
    ),
}  # fmt: skip
_MOST_SHOWN = 2
_LONGEST_NAME = 60


def name_near(missing: Sequence[str], names: Sequence[str]) -> str:
    """Return which of ``names`` looks like which missing column, as ``order_id = 'Name' or 'Id'``; empty if none does."""
    found: dict[str, list[str]] = {}
    for column in missing:
        found.setdefault(" or ".join(_near(column, names)), []).append(column)
    if set(found) == {""}:
        return ""
    unmatched = found.pop("", [])
    told = [f"{', '.join(columns)} = {near}" for near, columns in found.items()]
    return "; ".join(told + ([f"{', '.join(unmatched)} = nothing here"] if unmatched else []))


def _near(column: str, names: Sequence[str]) -> list[str]:
    for fits in (_spelt_like(column), *(re.compile(pattern).fullmatch for pattern in _PATTERNS[column])):
        near = [f"'{name[:_LONGEST_NAME]}'" for name in names if fits(_words(name))]
        if near:
            return near[:_MOST_SHOWN]
    return []


def _spelt_like(column: str) -> Callable[[str], object]:
    return lambda words: difflib.get_close_matches(words, [column.replace("_", " ")], cutoff=0.85)


def _words(name: str) -> str:
    """Return a name as words in lower case without accents: ``createdAt`` and ``Created_At`` as ``created at``."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", bare.replace("đ", "d").replace("Đ", "D"))
    return " ".join(re.findall(r"\w+", apart.replace("_", " ").lower()))
