"""Start nginx before the web service: ``python start.py``. Writes its configuration from the template beside this file.

From the environment:

- ``PROXY_SERVICE``: where the service is, ``webapi:8000`` if unset;
- ``PROXY_LISTEN``: where clients come, ``8000`` if unset, and ``PROXY_HEALTH_PORT``: plain HTTP on the loopback, 8001;
- ``PROXY_TLS``: HTTPS, unless it is empty; ``PROXY_TLS_FOLDER``, ``/data/tls`` if unset, holds ``tls.crt`` (the certificate and
  what signed it) and ``tls.key``;
- ``PROXY_FOLDER``: where nginx may write, and ``PROXY_NGINX``: the program.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

TEMPLATE = Path(__file__).with_name("nginx.conf.template")
TLS = """ssl_certificate {folder}/tls.crt;
        ssl_certificate_key {folder}/tls.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:tls:10m;
        add_header Strict-Transport-Security "max-age=31536000" always;"""


def main() -> None:
    """Become nginx; ends with a sentence where TLS is wished for and its files can't be read."""
    folder = Path(os.environ.get("PROXY_FOLDER", "/tmp/nginx"))  # noqa: S108 (a container's own)
    folder.mkdir(parents=True, exist_ok=True)
    tls = os.environ.get("PROXY_TLS", "") and os.environ.get("PROXY_TLS_FOLDER", "/data/tls")
    for name in ("tls.crt", "tls.key") if tls else ():
        if not os.access(f"{tls}/{name}", os.R_OK):
            sys.exit(
                f"WEBAPI_TLS_FOLDER: {name} is not in it or can't be read by user {os.getuid()}. Put it there, or unset it."
            )
    servers = re.findall(r"^nameserver\s+(\S+)", Path("/etc/resolv.conf").read_text(), re.MULTILINE)
    addresses = " ".join(f"[{server}]" if ":" in server else server for server in servers)
    values = {
        "FOLDER": str(folder),
        "LISTEN": os.environ.get("PROXY_LISTEN", "8000") + (" ssl" if tls else ""),
        "HEALTH_PORT": os.environ.get("PROXY_HEALTH_PORT", "8001"),
        "SERVICE": os.environ.get("PROXY_SERVICE", "webapi:8000"),
        "RESOLVER": f"resolver {addresses} valid=5s;" if addresses else "",
        "TLS": TLS.format(folder=tls) if tls else "",
    }
    configuration = folder / "nginx.conf"
    configuration.write_text(re.sub("@([A-Z_]+)@", lambda found: values[found[1]], TEMPLATE.read_text()))
    nginx = shlex.split(os.environ.get("PROXY_NGINX", "nginx"))
    os.execvp(nginx[0], [*nginx, "-p", str(folder), "-e", "stderr", "-c", str(configuration), "-g", "daemon off;"])


if __name__ == "__main__":
    main()
