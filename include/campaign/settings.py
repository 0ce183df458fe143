"""Every setting of the pipeline, its default and its meaning, in one place.

Read from the environment, then from ``.env`` in the project's root (the environment wins). ``.env.example`` lists
the same names for a person; an empty value is none. A wrong value ends the process with the setting's name and what was expected.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from campaign.env_file import ENV_FILE, PROJECT_ROOT, read_env_file


class Settings(BaseSettings):
    """What the operator may set. Names in the environment are the field's alias, in upper case."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", populate_by_name=True)

    state_folder: Path = Field(PROJECT_ROOT / ".state", alias="CAMPAIGN_STATE")

    mysql_host: str | None = Field(None, alias="MYSQL_HOST")
    mysql_port: int = Field(23306, alias="MYSQL_PORT", ge=1, le=65535)
    mysql_user: str = Field("campaign_loader", alias="MYSQL_USER")
    mysql_password: SecretStr = Field(SecretStr(""), alias="MYSQL_PASSWORD")
    mysql_api_user: str = Field("campaign_api", alias="MYSQL_API_USER")
    mysql_api_password: SecretStr = Field(SecretStr(""), alias="MYSQL_API_PASSWORD")

    raw_database: str = Field("campaign_raw", alias="CAMPAIGN_RAW_DATABASE", pattern=r"^\w+$")
    build_database: str = Field("campaign_build", alias="CAMPAIGN_BUILD_DATABASE", pattern=r"^\w+$")
    mart_database: str = Field("campaign_mart", alias="CAMPAIGN_MART_DATABASE", pattern=r"^\w+$")
    previous_database: str = Field("campaign_previous", alias="CAMPAIGN_PREVIOUS_DATABASE", pattern=r"^\w+$")
    failure_database: str = Field("campaign_failure", alias="CAMPAIGN_FAILURE_DATABASE", pattern=r"^\w+$")

    engine: Literal["mysql", "duckdb", "spark"] = Field("mysql", alias="CAMPAIGN_ENGINE")
    store: Path | None = Field(None, alias="CAMPAIGN_STORE")
    spark_host: str = Field("127.0.0.1", alias="SPARK_HOST")
    spark_port: int = Field(10000, alias="SPARK_PORT", ge=1, le=65535)
    # dbt's profile reads both. It would take any word but true for no encryption.
    spark_auth: Literal["NONE", "NOSASL", "LDAP", "KERBEROS", "CUSTOM"] = Field("NONE", alias="SPARK_AUTH")
    spark_use_ssl: Literal["true", "false"] = Field("false", alias="SPARK_USE_SSL")

    zone: str = Field("Asia/Ho_Chi_Minh", alias="CAMPAIGN_ZONE")
    inbox: Path = Field(PROJECT_ROOT / "include" / "data_sample", alias="CAMPAIGN_INBOX")
    allowed_roots: str = Field("", alias="CAMPAIGN_ALLOWED_ROOTS")
    inbox_look_seconds: float = Field(10, alias="CAMPAIGN_INBOX_LOOK_SECONDS", ge=0)
    max_bad_share: float = Field(0.05, alias="CAMPAIGN_MAX_BAD_SHARE", ge=0, le=1)

    checks_kept_days: int = Field(90, alias="CAMPAIGN_CHECKS_KEPT_DAYS", ge=1, le=3650)
    rule_jump_factor: float = Field(3, alias="CAMPAIGN_RULE_JUMP_FACTOR", gt=1)

    lock_wait_seconds: int = Field(600, alias="CAMPAIGN_LOCK_WAIT_SECONDS", ge=0)
    lease_minutes: int = Field(60, alias="CAMPAIGN_LEASE_MINUTES", ge=1)

    table_wait_seconds: int = Field(300, alias="CAMPAIGN_TABLE_WAIT_SECONDS", ge=1, le=31_536_000)
    task_minutes: int = Field(360, alias="CAMPAIGN_TASK_MINUTES", ge=1, le=525_600)
    publish_wait_seconds: int = Field(300, alias="CAMPAIGN_PUBLISH_WAIT_SECONDS", ge=1)
    publish_end_readers: bool = Field(False, alias="CAMPAIGN_PUBLISH_END_READERS")
    gate_share: float | None = Field(None, alias="CAMPAIGN_GATE_SHARE", ge=0)
    gate_response_minutes: float = Field(1440, alias="CAMPAIGN_GATE_RESPONSE_MINUTES", gt=0, le=525_600)
    gate_default: Literal["reject", "approve"] = Field("reject", alias="CAMPAIGN_GATE_DEFAULT")
    generations_kept: int = Field(2, alias="CAMPAIGN_GENERATIONS_KEPT", ge=2, le=100)

    airflow_port: int = Field(8080, alias="AIRFLOW_PORT", ge=1, le=65535)
    results_url: str | None = Field(None, alias="CAMPAIGN_RESULTS_URL", pattern="^https?://")
    webapi_bind: str = Field("127.0.0.1", alias="WEBAPI_BIND")
    webapi_port: int = Field(8000, alias="WEBAPI_PORT", ge=1, le=65535)

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            return ZoneInfo(name).key
        except (KeyError, ValueError, OSError):  # not in the list; a path; a folder of the list
            raise ValueError("a time zone like Asia/Ho_Chi_Minh was expected") from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read ``.env`` by the one reader of it. Raises EnvFileError."""
        file = dotenv_settings.env_file
        given = {name: value for name, value in read_env_file(Path(file)).items() if value} if file else {}
        return init_settings, env_settings, InitSettingsSource(settings_cls, given)

    @property
    def read_roots(self) -> list[Path]:
        """Folders below which a source file may lie: the inbox and CAMPAIGN_ALLOWED_ROOTS (separated like PATH)."""
        extra = [Path(part) for part in self.allowed_roots.split(os.pathsep) if part]
        return [root.expanduser().resolve() for root in (self.inbox, *extra)]

    @property
    def store_folder(self) -> Path:
        """Where an engine other than MySQL finds the orders and leaves the marts."""
        return self.store.expanduser() if self.store else self.state_folder / "store"

    @property
    def marts_folder(self) -> Path:
        """Where such an engine leaves the marts: apart from another's, whose files are folders, or the other way round."""
        return self.store_folder / "marts" / self.engine

    @property
    def databases(self) -> tuple[str, str, str, str]:
        """The four campaign databases: raw, build, mart, previous."""
        return self.raw_database, self.build_database, self.mart_database, self.previous_database


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Read the settings once per process."""
    return Settings()
