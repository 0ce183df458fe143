"""Make an entry for WEBAPI_USERS: ``python webapi/hash_password.py NAME`` asks for the password and prints ``NAME:hash``."""

from __future__ import annotations

import getpass
import sys

from werkzeug.security import generate_password_hash

SHORTEST = 12


def main() -> int:
    """Print the entry on stdout; 2 when the name or the password can't be used."""
    if len(sys.argv) != 2 or any(sign in sys.argv[1] for sign in ":,"):
        print("usage: make user NAME=…, or python webapi/hash_password.py NAME (without ':' and ',')", file=sys.stderr)
        return 2
    password = getpass.getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < SHORTEST:
        print(f"The password has {len(password)} characters; it needs at least {SHORTEST}.", file=sys.stderr)
        return 2
    print(f"{sys.argv[1]}:{generate_password_hash(password)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
