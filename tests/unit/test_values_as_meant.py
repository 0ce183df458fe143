"""What is stored equals what was meant, or the row or the file is refused: there is no third way.

A campaign is drawn, and then a way in which somebody's program writes it: forms of numbers, times and ids, separators, encodings,
orders and spellings of columns, titles, totals and second headers, lines per item. Whatever is accepted has the drawn values.
"""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign.campaigns import Campaign
from campaign.contract.columns import COLUMN_NAMES
from campaign.contract.currencies import smallest_amount
from campaign.ingest.read.chunks import DamagedFileError
from campaign.ingest.read.header import HeaderError
from campaign.ingest.validate.whole_file import rates_for_rebates
from tests.fixtures.long_form import examples
from tests.fixtures.staged_file import outcome, staged_file

FIRST = datetime(2026, 6, 10)
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def grouped(thousands: str, point: str):
    """Return a writer of amounts with signs between thousands; decimals where there are any."""

    def write(hundredths: int) -> str:
        whole, rest = divmod(hundredths, 100)
        return f"{whole:,}".replace(",", thousands) + (f"{point}{rest:02}" if rest else "")

    return write


def plain(hundredths: int) -> str:
    """Write an amount as the contract has it."""
    return grouped("", ".")(hundredths)


# Each writes hundredths. Those that are to be taken say exactly what is meant.
TAKEN = {
    "plain": plain,
    "two decimals": lambda h: f"{h // 100}.{h % 100:02}",
    "four decimals": lambda h: f"{h // 100}.{h % 100:02}00",
    "a sign": lambda h: f"+{plain(h)}",
    "blanks around": lambda h: f" {plain(h)} ",
}
REFUSED = {
    "points for thousands": grouped(".", ","),
    "commas for thousands": grouped(",", "."),
    "blanks for thousands": grouped(" ", ","),
    "no-break spaces for thousands": grouped("\u00a0", ","),
    "apostrophes for thousands": grouped("'", "."),
    "a decimal comma": grouped("", ","),
    "three decimals": lambda h: f"{h // 100}.{h % 100:02}0",
    "thousands as the unit": lambda h: f"{h // 100_000}.{h // 100 % 1000:03}",
    "powers of ten": lambda h: f"{h / 100:.3e}",
    "a currency behind": lambda h: f"{grouped('.', ',')(h)}đ",
    "a currency before": lambda h: f"€{plain(h)}",
    "Arabic digits": lambda h: plain(h).translate(ARABIC),
    "full-width digits": lambda h: plain(h).translate(FULL_WIDTH),
    "a floating number": lambda h: f"{h / 100 + 0.00001}",
}
TIMES = {
    "as expected": "%Y-%m-%d %H:%M:%S", "with micros": "%Y-%m-%d %H:%M:%S.%f", "with a T": "%Y-%m-%dT%H:%M:%S", "in UTC": "%Y-%m-%d %H:%M:%SZ",
    "without seconds": "%Y-%m-%d %H:%M", "day first": "%d/%m/%Y %H:%M:%S", "month first": "%m/%d/%Y %H:%M:%S", "of twelve hours": "%Y-%m-%d %I:%M:%S %p",
}  # fmt: skip
IDS = {
    "plain": str, "with zeros before": lambda n: f"000{n}", "as floats": lambda n: f"{n}.0", "in short": lambda n: f"{n:.5e}",
    "cut to 15 digits": lambda n: str(n // 10 ** max(0, len(str(n)) - 15) * 10 ** max(0, len(str(n)) - 15)),
    "with commas": lambda n: f"{n:,}", "with points": lambda n: f"{n:,}".replace(",", "."),
}  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1258", "utf-8 gzip")
SPELLINGS = {
    "as it is": str, "capitals": str.upper, "words": lambda name: name.replace("_", " ").title(),
    "joined": lambda name: name.title().replace("_", ""), "another": lambda name: f"the {name}",
}  # fmt: skip


@dataclass(frozen=True)
class Order:
    """What is meant."""

    order_id: int
    txn_time: datetime
    uid: int
    shop_id: int
    shop_owner_uid: int
    gmv: int
    rebate: int


@dataclass(frozen=True)
class Way:
    """How it is written."""

    amount: str = "plain"
    time: str = "as expected"
    ids: str = "plain"
    separator: str = ","
    encoding: str = "utf-8"
    end: str = "\n"
    quoting: int = csv.QUOTE_MINIMAL
    spelling: str = "as it is"
    columns: tuple[str, ...] = COLUMN_NAMES
    lines: str = "one"  # per order: one, twice, blank totals, items
    around: frozenset[str] = field(default_factory=frozenset)

    @property
    def must_be_taken(self) -> bool:
        """Every part of it is in the contract."""
        return (
            self.amount in TAKEN and self.time in ("as expected", "with micros") and self.ids in ("plain", "with zeros before")
            and self.separator == "," and self.encoding in ("utf-8", "utf-8-sig", "utf-8 gzip") and self.spelling in ("as it is", "capitals")
            and self.lines != "items" and not self.around
        )  # fmt: skip


def written(orders: list[Order], way: Way) -> bytes:
    """Write the orders in a way."""
    text = io.StringIO()
    table = csv.writer(text, delimiter=way.separator, lineterminator=way.end, quoting=way.quoting)
    amount = (TAKEN | REFUSED)[way.amount]
    names = [SPELLINGS[way.spelling](name) if name in COLUMN_NAMES else name for name in way.columns]
    if "a separator line" in way.around:
        text.write(f"sep={way.separator}{way.end}")
    if "a title" in way.around:
        table.writerow(["Orders of June"])
    table.writerow(names)
    for number, order in enumerate(orders):
        values = {
            "txn_time": order.txn_time.strftime(TIMES[way.time]),
            "txn_date": order.txn_time.strftime(TIMES[way.time].split("T")[0].split(" ")[0]),
            **{name: IDS[way.ids](getattr(order, name)) for name in ("order_id", "uid", "shop_id", "shop_owner_uid")},
            "gmv": amount(order.gmv), "rebate": amount(order.rebate),
            "note": 'Phở, "hot"', "status": "paid", "amount": "7",
        }  # fmt: skip
        lines = [values]
        if way.lines == "twice":
            lines.append(values)
        elif way.lines == "blank totals":
            lines.append(values | {"gmv": "", "rebate": ""})
        elif way.lines == "items" and number % 2:
            item = order.gmv // 300 * 100  # equal items would be one line twice, and are taken for it
            lines = [
                values | {"gmv": amount(part), "rebate": amount(min(part, order.rebate))}
                for part in (item, order.gmv - item)
            ]
        for line in lines:
            table.writerow([line[name] for name in way.columns])
        if "the header again" in way.around and number == len(orders) // 2:
            table.writerow(names)
        if "another header" in way.around and number == len(orders) // 2:
            table.writerow(list(reversed(names)))
            table.writerow([values[name] for name in reversed(way.columns)])
    if "a total" in way.around:
        table.writerow(
            ["Total" if name == way.columns[0] else amount(10**7) if name == "gmv" else "" for name in way.columns]
        )
    if "ghost rows" in way.around:
        text.write(way.separator * (len(way.columns) - 1) + way.end)
    encoding, _, packed = way.encoding.partition(" ")
    content = text.getvalue().encode(encoding, "replace")
    return gzip.compress(content) if packed else content


@st.composite
def campaigns_and_orders(draw: st.DrawFn) -> tuple[Campaign, list[Order]]:
    """A campaign in one of three currencies, and orders within its terms; ids are short, or too long for a spreadsheet."""
    currency = draw(st.sampled_from(["VND", "EUR", "IDR"]))
    campaign = Campaign(
        1, "c", date(2026, 6, 10), date(2026, 6, 13), "UTC", currency, Decimal("0.30"), Decimal(20000), 1
    )
    step = smallest_amount(currency)
    longest = draw(st.sampled_from([10**9, 10**12, 8 * 10**18]))
    orders = []
    for number in range(draw(st.integers(8, 12))):
        gmv = draw(st.integers(1_000_00 // step, 900_000_00 // step)) * step
        full = min(20_000_00, gmv * 3 // 10) // step * step
        orders.append(
            Order(
                longest - draw(st.integers(1, 10**6 - 1)) * 1000 - number * 10 - 3, FIRST + timedelta(minutes=draw(st.integers(0, 4 * 1440 - 1))),
                longest // 10 + draw(st.integers(1, 10**6)) * 10 + 7, 10 + number, 20 + number, gmv, draw(st.sampled_from([0, full])),
            )
        )  # fmt: skip
    return campaign, orders


@st.composite
def ways(draw: st.DrawFn) -> Way:
    """Mostly as expected, with up to three parts in another way; columns in any order, with some that are ignored."""
    columns = draw(st.permutations([*COLUMN_NAMES, *draw(st.sets(st.sampled_from(["note", "status", "amount"])))]))
    usual = Way(columns=tuple(columns), amount=draw(st.sampled_from(list(TAKEN))))
    others = {
        "amount": st.sampled_from(list(TAKEN | REFUSED)), "time": st.sampled_from(list(TIMES)), "ids": st.sampled_from(list(IDS)),
        "separator": st.sampled_from(";\t|"), "encoding": st.sampled_from(ENCODINGS), "end": st.sampled_from(["\r\n", "\r"]),
        "quoting": st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]), "spelling": st.sampled_from(list(SPELLINGS)),
        "lines": st.sampled_from(["twice", "blank totals", "items"]),
        "around": st.sets(st.sampled_from(
            ["a separator line", "a title", "the header again", "another header", "a total", "ghost rows"]), min_size=1, max_size=2
        ).map(frozenset),
    }  # fmt: skip
    drawn = draw(st.sets(st.sampled_from(sorted(others)), max_size=3))
    return Way(**{**vars(usual), **{name: draw(others[name]) for name in sorted(drawn)}})


def stored(content: bytes, campaign: Campaign) -> tuple[list[Order], str]:
    """Return the orders that are stored, and why others or all are not."""
    try:
        with staged_file(content, [campaign]) as (scan, staging, rules):
            ends = outcome(staging, rules)
            assert len(ends) == scan.rows_read
            why = rates_for_rebates(rules, [campaign])
            rows = [] if why else rules.duck.execute(
                f"select order_id, txn_time, uid, shop_id, shop_owner_uid, gmv, rebate from ({rules.standing_rows}) order by line"
            ).fetchall()  # fmt: skip
            return [Order(*row) for row in rows], why or str(ends)
    except (HeaderError, DamagedFileError) as error:
        assert str(error)
        return [], str(error)


@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(campaigns_and_orders(), ways())
def test_what_is_stored_is_what_was_meant(meant: tuple[Campaign, list[Order]], way: Way) -> None:
    campaign, orders = meant
    found, why = stored(written(orders, way), campaign)
    assert set(found) <= set(orders), "no value is stored that was not meant"
    assert len(set(found)) == len(found), "no order is stored twice"
    if way.must_be_taken and way.end != "\r":
        assert set(found) == set(orders), why


MEANT = (
    Campaign(1, "c", date(2026, 6, 10), date(2026, 6, 13), "UTC", "EUR", Decimal("0.30"), Decimal(20000), 1),
    [Order(7_900_001_234_567_890_000 + 137 * n, FIRST + timedelta(minutes=n), 8_100_000_000_000_077 + 1001 * n, 10 + n, 20 + n,
           (50_000 + 500 * n) * 100 + 25, 15_000_00 * (n % 2)) for n in range(12)],
)  # fmt: skip
WAYS = [Way(amount=name) for name in REFUSED] + [
    Way(ids=name) for name in IDS if name not in ("plain", "with zeros before")
]
WAYS += [Way(time=name) for name in TIMES if name not in ("as expected", "with micros")]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.amount}, {way.ids}, {way.time}")
def test_a_form_that_can_be_read_in_two_ways_is_not_stored(way: Way) -> None:
    campaign, orders = MEANT
    content = written(orders, way)
    assert stored(content, campaign)[0] == []
    assert stored(content.replace(b'"', b""), campaign)[0] == []  # a comma in a value is one between values then


@pytest.mark.parametrize(
    "way", [Way(), *[Way(amount=name) for name in TAKEN], Way(lines="twice"), Way(lines="blank totals")]
)
def test_a_way_of_the_contract_is_stored_in_full(way: Way) -> None:
    campaign, orders = MEANT
    found, why = stored(written(orders, way), campaign)
    assert found == orders, why
