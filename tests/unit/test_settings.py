"""An empty setting is none, a folder may begin with ``~``, and the store is made ready for whoever writes there."""

from __future__ import annotations

import os
import re
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

import campaign.engines.orders_export  # noqa: F401 (while files may be read)
from campaign.engines.lifecycle import EngineError, StoreUnusableError, before_dbt
from campaign.settings import Settings


def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CAMPAIGN_STORE", "CAMPAIGN_ENGINE", "CAMPAIGN_INBOX"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("CAMPAIGN_STATE", str(tmp_path))
    settings = Settings(_env_file=None)
    assert (settings.store_folder, settings.engine) == (tmp_path / "store", "mysql")
    assert settings.inbox.name == "data_sample"


@pytest.mark.parametrize("zone", ["Vietnam", "UTC+7", "Asia", "../Asia", "Asia/Ho_Chi_Minh ", "/etc/localtime"])
def test_a_time_zone_that_does_not_exist_is_rejected(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("CAMPAIGN_ZONE", zone)
    with pytest.raises(ValidationError, match="CAMPAIGN_ZONE\n.*a time zone like Asia/Ho_Chi_Minh was expected"):
        Settings(_env_file=None)


def test_the_store_may_lie_in_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_STORE", "~/store")
    assert Settings(_env_file=None).store_folder == Path.home() / "store"


def test_a_store_that_cannot_be_written_is_named_and_not_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(_env_file=None, engine="duckdb", store=tmp_path / "file")
    with pytest.raises(StoreUnusableError, match=r"CAMPAIGN_STORE: .*/file cannot be written"):
        before_dbt(None, settings, first=True, anew=False)


def test_who_may_write_the_store_may_write_the_marts_folder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as cluster:
        settings = Settings(_env_file=None, engine="spark", store=tmp_path, spark_port=cluster.getsockname()[1])
        for mode in (0o777, 0o750):  # as an operator sets it, before the first task or later
            tmp_path.chmod(mode)
            before_dbt(None, settings, first=False, anew=False)
            assert stat.S_IMODE(settings.marts_folder.stat().st_mode) == mode


def test_marts_of_two_engines_lie_apart(tmp_path: Path) -> None:
    engines = ("duckdb", "spark")  # a file, and a folder of parts, of the same name
    assert len({Settings(_env_file=None, engine=each, store=tmp_path).marts_folder for each in engines}) == 2


@contextmanager
def nobody() -> Iterator[None]:
    """Act as a user whom permissions bind; root may write everywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_store_that_is_there_and_may_not_be_written_is_named(engine: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "marts").mkdir()
        Path(folder).chmod(0o555)
        settings = Settings(_env_file=None, engine=engine, store=folder)
        with nobody(), pytest.raises(StoreUnusableError, match=rf"CAMPAIGN_STORE: {folder} cannot be .*denied"):
            before_dbt(None, settings, first=True, anew=False)


@pytest.mark.parametrize("sign", ["'", "*", "[", "`"])
def test_a_store_whose_path_means_something_in_sql_is_refused(tmp_path: Path, sign: str) -> None:
    settings = Settings(_env_file=None, engine="duckdb", store=tmp_path / f"bob{sign}s store")
    with pytest.raises(StoreUnusableError, match=rf"CAMPAIGN_STORE: .* has {re.escape(sign)} in it"):
        before_dbt(None, settings, first=True, anew=False)


def test_a_cluster_that_does_not_answer_is_named_with_its_settings(tmp_path: Path) -> None:
    with socket.socket() as taken:  # not listening
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        settings = Settings(_env_file=None, engine="spark", store=tmp_path, SPARK_PORT=port)
        with pytest.raises(
            EngineError, match=rf"SPARK_HOST, SPARK_PORT: no Spark answers at 127.0.0.1:{port} \(Connection refused"
        ):
            before_dbt(None, settings, first=True, anew=False)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SPARK_AUTH", "ldap", "'NONE', 'NOSASL', 'LDAP', 'KERBEROS' or 'CUSTOM'"),
        ("SPARK_USE_SSL", "True", "'true' or 'false'"),
    ],
)
def test_a_word_that_spark_would_misread_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=rf"{name}\n +Input should be {expected}"):
        Settings(_env_file=None)
