"""The private server and the rights of its users, as ``make demo`` makes them."""

from __future__ import annotations

from mysql.connector.abstracts import MySQLConnectionAbstract


def test_loader_may_load_from_a_file(raw_connection: MySQLConnectionAbstract, tmp_path) -> None:
    (tmp_path / "rows.tsv").write_text("1\n2\n")
    with raw_connection.cursor() as cursor:
        cursor.execute("create table loaded (number int)")
        cursor.execute(f"load data local infile '{tmp_path}/rows.tsv' into table loaded")
        cursor.execute("select sum(number) from loaded")
        assert cursor.fetchone() == (3,)
