"""Make a token for closed lookups: ``python webapi/make_token.py UID [--days 7]`` prints it; the settings hold the key."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path

if __name__ == "__main__":  # called by its path, as docs/how-to/protect-lookups.md shows
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "include")]

from webapi.auth.tokens import LARGEST_UID, LONGEST_DAYS, make_token  # noqa: E402
from webapi.settings import SettingsError, read_web_settings  # noqa: E402 (needs the path above)


def main() -> int:
    """Print the token on stdout; 2 when something can't be used."""
    usage = "make token UID=… [DAYS=7], or python webapi/make_token.py UID [--days 7]"
    parser = argparse.ArgumentParser(usage=usage, description=__doc__)
    parser.add_argument("uid", type=int, help="uid of the customer or shop owner who may see their own records")
    parser.add_argument(
        "--days", type=float, default=7, help=f"how long it opens them: up to {LONGEST_DAYS}, default 7"
    )
    wishes = parser.parse_args()
    if not 0 <= wishes.uid <= LARGEST_UID or not 0 < wishes.days <= LONGEST_DAYS:
        parser.error(f"the uid must be between 0 and {LARGEST_UID}, and --days between 0 and {LONGEST_DAYS}")
    try:
        key = read_web_settings().signing_key()
    except SettingsError as error:
        print(f"No token: {error}", file=sys.stderr)
        return 2
    print(make_token(key, wishes.uid, timedelta(days=wishes.days)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
