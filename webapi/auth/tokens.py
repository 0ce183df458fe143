"""Tokens that open one person's records while lookups are closed (``WEBAPI_LOOKUPS=token``).

A JSON Web Token (RFC 7519), signed with HS256 and the key of ``WEBAPI_TOKEN_KEY``: ``sub`` is the person's uid, ``exp`` when it
ends, ``aud`` that it is meant for here. The shop platform can make them itself, with any JWT library.

To change the key, the one before is accepted too for a while (``WEBAPI_TOKEN_KEY_BEFORE``). ``kid`` in the header says which was
used; a token without it is tried with both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt

ALGORITHM = "HS256"
AUDIENCE = "campaign-lookups"
SHORTEST_KEY = 32  # bytes; as long as the digest, RFC 7518
LONGEST_DAYS = 366
LARGEST_UID = 2**63 - 1


class WrongToken(ValueError):
    """The token opens nothing; the message is a sentence."""


def key_id(key: str) -> str:
    """Return the ``kid`` of a key."""
    return sha256(b"campaign lookups " + key.encode()).hexdigest()[:8]


def make_token(key: str, uid: int, lifetime: timedelta) -> str:
    """Return a token for the customer or shop owner with this uid."""
    claims = {"sub": str(uid), "aud": AUDIENCE, "exp": datetime.now(UTC) + lifetime}
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id(key)})


def read_token(keys: Sequence[str], token: str) -> int:
    """Return the uid of whom the token is for, signed with one of the keys; raises WrongToken."""
    claims = _claims(keys, token)
    if claims["exp"] > (datetime.now(UTC) + timedelta(days=LONGEST_DAYS, minutes=5)).timestamp():
        raise WrongToken(f"The token opens records for more than {LONGEST_DAYS} days; ask for one that ends earlier.")
    if not re.fullmatch(r"[0-9]{1,19}", claims["sub"]) or int(claims["sub"]) > LARGEST_UID:
        raise WrongToken("The token's subject is not a uid.")
    return int(claims["sub"])


def token_ends(keys: Sequence[str], token: str) -> float:
    """Return the moment at which a token ends, in seconds since 1970; raises WrongToken."""
    return float(_claims(keys, token)["exp"])


def _claims(keys: Sequence[str], token: str) -> dict[str, Any]:
    try:
        named = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError:
        named = None
    options = {"require": ["sub", "aud", "exp"]}
    for key in [key for key in keys if named == key_id(key)] or keys:
        try:
            return jwt.decode(token, key, algorithms=[ALGORITHM], audience=AUDIENCE, options=options)
        except jwt.ExpiredSignatureError:
            raise WrongToken("The token has expired; ask for a new one.") from None
        except jwt.InvalidTokenError:
            continue
    raise WrongToken("The token was not made for this service.")
