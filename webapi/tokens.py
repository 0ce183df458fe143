"""Tokens that open one person's records while lookups are closed (``WEBAPI_LOOKUPS=token``).

A JSON Web Token (RFC 7519), signed with HS256 and the key of ``WEBAPI_TOKEN_KEY``: ``sub`` is the person's uid, ``exp`` when it
ends, ``aud`` that it is meant for here. The shop platform can make them itself, with any JWT library.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import jwt

ALGORITHM = "HS256"
AUDIENCE = "campaign-lookups"
SHORTEST_KEY = 32  # bytes; as long as the digest, RFC 7518


class WrongToken(ValueError):
    """The token opens nothing; the message is a sentence."""


def make_token(key: str, uid: int, lifetime: timedelta) -> str:
    """Return a token for the customer or shop owner with this uid."""
    claims = {"sub": str(uid), "aud": AUDIENCE, "exp": datetime.now(UTC) + lifetime}
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def read_token(key: str, token: str) -> int:
    """Return the uid of whom the token is for; raises WrongToken."""
    try:
        claims = jwt.decode(
            token, key, algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": ["sub", "aud", "exp"]}
        )
    except jwt.ExpiredSignatureError:
        raise WrongToken("The token has expired; ask for a new one.") from None
    except jwt.InvalidTokenError:
        raise WrongToken("The token was not made for this service.") from None
    if not re.fullmatch(r"[0-9]{1,18}", claims["sub"]):
        raise WrongToken("The token's subject is not a uid.")
    return int(claims["sub"])
