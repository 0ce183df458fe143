"""What engines are known to do differently, as expressions with what each has to give, and orders that ask for it.

The expressions become a mart of their own in a copy of the project, so they go all the way: macro, engine, Parquet, MySQL.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

from campaign.ingest.load.order_tsv import COLUMNS
from tests.integration.marts_harness import Order, project_with_seeds, read_seed

# Name -> (expression, its text; None is a null).
CASES = {
    "capitals differ": ("case when 'A' = 'a' then 'same' else 'different' end", "different"),
    "accents differ": ("case when 'e' = 'é' then 'same' else 'different' end", "different"),
    "text is sorted by code points": ("case when 'Z' < 'a' and 'z' < 'é' then 'yes' else 'no' end", "yes"),
    "length is characters": ("{{ as_text(\"char_length('né')\") }}", "2"),
    "a text of any kind": ("'Phở, \"bún\"; tab\there, 🍜'", 'Phở, "bún"; tab\there, 🍜'),
    "an apostrophe": ("{{ sentence({'en': \"the shop's\"}, {}) }}", "the shop's"),
    "a line end": ("'one\ntwo'", "one\ntwo"),
    "empty is a text": ("''", ""),
    "empty is no null": ("case when '' is null then 'null' else 'text' end", "text"),
    "a null": ("cast(null as char(5))", None),
    "NULL is a text": ("'NULL'", "NULL"),
    "a null makes a whole text null": ("{{ dbt.concat([\"'a'\", 'cast(null as char(5))']) }}", None),
    "nulls are left out of lists": (
        "(select {{ ordered_list('case when n > 1 then n end', 'n') }} from (select 3 as n union all select 1 union all select 2) as l)",
        "2,3",
    ),
    "decimals keep their zeros": ("{{ as_text('cast(7.50 as decimal(18, 2))') }}", "7.50"),
    "the largest amount": ("{{ as_text('cast(9999999999999999.99 as decimal(18, 2))') }}", "9999999999999999.99"),
    "decimals round half up": ("{{ as_text('cast(0.125 as decimal(18, 2))') }}", "0.13"),
    "sums of decimals are exact": (
        "(select {{ as_text('cast(sum(d) as decimal(18, 2))') }} from (select 0.10 as d union all select 0.20) as l)",
        "0.30",
    ),
    "quotients round half up": ("{{ as_text(rounded_quotient('1', '8')) }}", "0.13"),
    "quotients do not round twice": ("{{ as_text(rounded_quotient('249999999', '1000000000')) }}", "0.25"),
    "quotients do not round up early": ("{{ as_text(rounded_quotient('124999999', '1000000000')) }}", "0.12"),
    "a quotient by null is null": ("{{ as_text(rounded_quotient('1', 'nullif(0, 0)')) }}", None),
    "chance of a hit every time": ("{{ as_text(chance_at_most('10', '10', '400', '1000')) }}", "0.000104858"),
    "chance of a hit most times": ("{{ as_text(chance_at_most('19', '20', '8670', '10000')) }}", "0.468269626"),
    "chance of what is usual": ("{{ as_text(chance_at_most('4', '10', '400', '1000')) }}", "1.000000000"),
    "chance of many hits": ("{{ as_text(chance_at_most('3000', '3000', '900000', '1000000')) }}", "0.000000001"),
    "chance without a try": ("{{ as_text(chance_at_most('0', '0', '5', '5')) }}", "1.000000000"),
    # One is missing and two are alike: 0.9 * 4 / 4, twice 0.01 * 4 / 2, and 0.04 * 4 / 3.
    "a chance corrected for many looks": (
        "(select {{ ordered_list(as_text('cast(corrected_chance as decimal(5, 4))'), 'n') }} from ({{ corrected_chances(\"(" +
        " union all ".join(
            f"select 1 as campaign_id, {n} as n, cast({chance} as decimal(10, 9)) as chance"
            for n, chance in enumerate(("0.9", "0.01", "null", "0.01", "0.04"), start=1)
        )
        + ")\", rate='1') }}) as corrected)",
        "0.9000,0.0200,0.0200,0.0533",
    ),
    "whole quotients are cut": ("{{ as_text(whole_quotient('7', '2')) }}", "3"),
    "whole quotients of decimals": ("{{ as_text(whole_quotient('7.50', '2.50')) }}", "3"),
    "whole quotients are exact": ("{{ as_text(whole_quotient('199999', '100000')) }}", "1"),
    "amounts for people": ("{{ amount_text('cast(1234567.05 as decimal(18, 2))') }}", "1,234,567.05"),
    "whole amounts for people": ("{{ amount_text('cast(40000.00 as decimal(18, 2))') }}", "40,000"),
    "amounts in JSON": ("{{ json_amount('cast(40000.00 as decimal(18, 2))') }}", "40000"),
    "the 29th of February": ("{{ date_text('cast(' ~ add_days(\"cast('2024-02-28' as date)\", '1') ~ ' as date)') }}", "2024-02-29"),
    "the turn of the year": ("{{ date_text('cast(' ~ add_days(\"cast('2023-12-31' as date)\", '1') ~ ' as date)') }}", "2024-01-01"),
    "seconds of a leap year": (
        "{{ as_text(seconds_between(\"cast('2024-01-01' as date)\", \"cast('2025-01-01' as date)\")) }}",
        str(366 * 86_400),
    ),
    "a hash": (
        "{{ sha256(\"'chance:1:2'\") }}",
        "66ecf619054cb1737278df2cf77c61417cd8c1d3b6546a8ca86847ae508f8daf",
    ),
    "a number in JSON": ("{{ as_text(json_number(\"'{\\\"share\\\": 0.8}'\", 'share')) }}", "0.8000"),
    "a number that is missing": ("{{ as_text(json_number(\"'{}'\", 'share')) }}", None),
    "a dense rank": (
        "(select {{ ordered_list(as_text('r'), 'r') }} from (select dense_rank() over (order by n desc) as r from"
        " (select 5 as n union all select 5 union all select 3 union all select 1) as l) as ranked)",
        "1,1,2,3",
    ),
}  # fmt: skip

# Amounts with hundredths, ties at every rank, midnights, a day without orders, the largest amount, and guests (uid 0) alone and
# among others; in a campaign of their own.
ORDERS = [
    Order(1, "2026-07-10 00:00:00", 1, 10, "0.01"),
    Order(2, "2026-07-10 23:59:59", 1, 10, "999.99", "299.99"),
    Order(3, "2026-07-10 10:00:00", 2, 10, "500.00", "150.00"),
    Order(4, "2026-07-10 10:00:00", 3, 20, "500.00", "150.00", owner=3),
    Order(5, "2026-07-10 10:02:30", 3, 20, "500.00", "150.00", owner=3),
    Order(6, "2026-07-10 10:05:00", 3, 30, "33333.33", "10000.00", owner=4),
    Order(7, "2026-07-12 00:00:00", 4, 40, "66666.67", "20000.00", owner=3),
    Order(8, "2026-07-13 23:59:59", 5, 50, "9999999999999.99", "20000.00"),
    *[Order(100 + n, f"2026-07-12 0{n}:30:00", 6, 60, "70000.50", "20000.00") for n in range(6)],
    *[Order(200 + n, "2026-07-13 12:00:00", 70 + n, 70, "1.10", "0.33") for n in range(6)],
    *[Order(400 + n, f"2026-07-13 20:0{n}:00", 0, 70, "1.10", "0.33") for n in range(3)],
    *[Order(410 + n, f"2026-07-12 2{n}:00:00", 0, 90, "5000.00", "1500.00") for n in range(4)],
    # Brushing in a window that begins and ends between orders, over midnight and with a guest in it.
    *[
        Order(500 + n, f"2026-07-{time}", uid, 100, 40_000 + n)
        for n, (time, uid) in enumerate(
            (
                ("12 23:40:00", 8),
                ("12 23:50:00", 7),
                ("12 23:58:59", 7),
                ("13 00:10:00", 0),
                ("13 00:30:00", 7),
                ("13 00:40:02", 9),
            )
        )
    ],
    # Rebates echoed within the second and after two hours to the second, among other orders without voucher, one of them alike.
    *[
        Order(510 + n, f"2026-07-13 {time}", uid, 110, gmv, rebate)
        for n, (time, uid, gmv, rebate) in enumerate(
            (
                ("09:00:00", 10, "33333.33", "9999.99"),
                ("09:00:00", 10, "9999.99", 0),
                ("10:00:00", 11, "5000.01", "1500.00"),
                ("12:00:00", 11, "1500.00", 0),
                ("13:00:00", 12, "5000.01", "1500.00"),
                ("14:00:00", 12, "1500.00", 0),
            )
        )
    ],
    *[
        Order(520 + n, f"2026-07-13 1{n}:45:00", 20 * (n % 2), 110, "1500.00" if n == 3 else f"{20 + n}00.50")
        for n in range(9)
    ],
    # At one interval, in step with another customer at two shops.
    *[
        Order(600 + n, f"2026-07-12 {9 + n // 2:02}:{30 * (n % 2):02}:0{n % 3}", 600, 600 + n, 7_000 + n, owner=5)
        for n in range(12)
    ],
    *[
        Order(620 + n, f"2026-07-12 {9 + n // 2:02}:{30 * (n % 2) + 7:02}:5{n % 3}", 601, 600 + n, 8_000 + n, owner=5)
        for n in (2, 5)
    ],
    *[Order(300 + n, f"2026-07-13 1{n}:00:00", 80 + n % 2, 80, f"{100 + 7 * n}.{n}5", "30.00") for n in range(9)],
]


NOISE_CAMPAIGN, SHOP_IN_NOISE = 4, 8_200_001


def _noise() -> list[Order]:
    """Draw buyers, shops, amounts and times apart from one another: whatever a rule of chance finds in it is chance.

    One shop is added: its buyers have adjacent numbers, buy nowhere else and come every twenty minutes.
    """
    draw = random.Random(16)
    uids = draw.choices(range(8_000_001, 8_001_201), weights=[1 / (1 + n % 40) for n in range(1_200)], k=3_000)
    shops = draw.choices(range(8_100_001, 8_100_151), weights=[1 / (1 + n) for n in range(150)], k=3_000)
    made = []
    for uid, shop in zip(uids, shops, strict=True):
        second = int(draw.choice((12, 19)) * 3_600 + draw.gauss(0, 4_000))
        day, gmv = draw.randint(1, 4), 1_000 * int(draw.lognormvariate(4, 0.5))
        time = f"2026-08-0{day} {second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}"
        made.append((time, uid, shop, gmv, min(20_000, 3 * gmv // 10) if draw.random() < 0.6 else 0))
    made += [
        (f"2026-08-02 {9 + n // 3:02}:{20 * (n % 3):02}:00", 7_000_001 + n, SHOP_IN_NOISE, 31_000 + 700 * n, 0)
        for n in range(30)
    ]
    return [Order(8_000_000 + number, *order, owner=9_000_000 + order[2]) for number, order in enumerate(made)]


def orders_file(folder: Path, orders: Sequence[Order] = (*ORDERS, *_noise())) -> Path:
    """Write orders as a campaign's file; those above share no id with the sample's."""
    file = folder / "hard_orders.csv"
    with file.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerows(row[:-1] for row in (COLUMNS, *(order.as_row() for order in orders)))  # all but load_no
    return file


def project_with_cases(folder: Path) -> Path:
    """Copy the project, with a mart of the cases, the campaign of the orders, and texts in its seeds that are hard to hand over."""
    hard = 'a \\ backslash, a "quote", a \ttab,\na line end and \\N'
    rules = read_seed("fraud_rule")
    rules[0]["proves"] = hard
    exceptions = [
        {"subject_type": "customer", "subject_id": "3", "rule_id": "order_burst", "until": "9999-12-31", "why": hard},
        {"subject_type": "customer", "subject_id": "2", "rule_id": "order_burst", "until": "2020-02-29", "why": "é"},
    ]
    campaigns = read_seed("campaign")
    # In a currency that has hundredths.
    hard_days = {"campaign_id": "3", "starts_on": "2026-07-10", "ends_on": "2026-07-13", "currency": "EUR"}
    noise = {"campaign_id": str(NOISE_CAMPAIGN), "starts_on": "2026-08-01", "ends_on": "2026-08-04"}
    campaigns += [campaigns[-1] | hard_days, campaigns[-1] | noise]
    seeds = {"campaign": campaigns, "fraud_rule": rules, "fraud_exception": exceptions}
    project = project_with_seeds(folder, seeds)
    selects = "\nunion all\n".join(
        f"select '{name}' as case_name, cast({expression} as char(64)) as found"
        for name, (expression, _) in CASES.items()
    )
    model = "{{ config(materialized='table', primary_key=['case_name'], tags=['published', 'build']) }}\n" + selects
    (project / "models" / "marts" / "engine_case.sql").write_text(model)
    return project
