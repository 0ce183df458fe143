"""Settings that only the local stack needs, on top of the pipeline's."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import psutil
from pydantic import Field, SecretStr, ValidationError

from campaign.env_file import EnvFileError
from campaign.settings import Settings
from local_stack.console import Problem


def quarter_of_memory() -> str:
    """Return a quarter of the machine's memory, 512 MiB at least and 4 GiB at most, as the server spells it."""
    return f"{min(max(psutil.virtual_memory().total // 4 // 2**20, 512), 4096)}M"


class StackSettings(Settings):
    """Where the private MySQL server comes from and how large it is; who prepares a given one; how long a start may take."""

    mysql_server: Literal["auto", "installed", "mysql", "mariadb"] = Field("auto", alias="CAMPAIGN_MYSQL_SERVER")
    mysql_buffer_pool: str = Field(
        default_factory=quarter_of_memory, alias="CAMPAIGN_MYSQL_BUFFER_POOL", pattern=r"^\d+[KMG]?$"
    )
    mysql_admin_user: str = Field("", alias="MYSQL_ADMIN_USER")
    mysql_admin_password: SecretStr = Field(SecretStr(""), alias="MYSQL_ADMIN_PASSWORD")

    start_seconds: int = Field(1800, alias="CAMPAIGN_START_SECONDS", gt=0)

    @property
    def logs(self) -> Path:
        """The folder of all logs of the local stack."""
        return self.state_folder / "logs"

    @property
    def airflow_url(self) -> str:
        """Where Airflow's UI and API are found from this machine."""
        return f"http://127.0.0.1:{self.airflow_port}"

    @property
    def webapi_url(self) -> str:
        """Where the web service is found from this machine."""
        host = "127.0.0.1" if self.webapi_bind in ("0.0.0.0", "::", "") else self.webapi_bind
        return f"http://{host}:{self.webapi_port}"


def read_settings() -> StackSettings:
    """Read environment and ``.env``, with the state folder made absolute. Raises Problem naming the wrong settings."""
    try:
        settings = StackSettings()
    except ValidationError as error:
        wrong = [f"  {'.'.join(map(str, item['loc']))}={item['input']!r}: {item['msg']}" for item in error.errors()]
        raise Problem("settings that cannot be used (from the environment or .env):\n" + "\n".join(wrong)) from None
    except EnvFileError as error:
        raise Problem(str(error)) from None
    state = settings.state_folder.resolve()
    # A folder that is the machine's own, where the demo watches for files; the sample's belongs to the project.
    inbox = settings.inbox if "inbox" in settings.model_fields_set else state / "inbox"
    return settings.model_copy(update={"state_folder": state, "inbox": inbox})
