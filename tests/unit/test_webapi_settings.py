"""Users and settings of the web service: what is accepted, and the sentence for what is not."""

from __future__ import annotations

import io
import sys

import pytest
from werkzeug.security import check_password_hash, generate_password_hash

from webapi import hash_password
from webapi.settings import SettingsError, WebSettings

QUICK = "scrypt:1024:8:1"
HASH = generate_password_hash("long enough to be real", QUICK)
PBKDF2 = generate_password_hash("long enough to be real", "pbkdf2:sha256:1000")


def users(text: str) -> dict[str, str]:
    return WebSettings(WEBAPI_USERS=text, _env_file=None).password_hashes()


def test_users_are_split_at_the_first_colon_because_hashes_hold_colons_and_dollars():
    assert users(f"marcom:{HASH}, analyst:{PBKDF2}") == {"marcom": HASH, "analyst": PBKDF2}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "WEBAPI_USERS is not set"),
        ("", "Make one with `make user NAME="),
        ("  ", "WEBAPI_USERS is not set"),
        ("marcom", "entry 1 is not of the form name:hash"),
        (f":{HASH}", "entry 1 is not of the form name:hash"),
        (f"marcom:{HASH},", "entry 2 is not of the form name:hash"),
        ("marcom:secret", "user 'marcom' is not a werkzeug hash"),
        ("marcom:plain$salt$secret", "user 'marcom' is not a werkzeug hash"),
        (f"marcom:{HASH.split('$')[0]}", "every $ is written $$"),
        (f"marcom:{HASH},marcom:{HASH}", "names user 'marcom' twice"),
        (f"marcom:{HASH},boss:{generate_password_hash('admin', QUICK)}", "password of user 'boss' is a default one"),
        (f"boss:{generate_password_hash('boss', QUICK)}", "password of user 'boss' is a default one"),
    ],
)
def test_users_that_can_not_be_meant_are_refused_with_a_sentence(text, sentence):
    with pytest.raises(SettingsError) as refused:
        users(text)
    assert sentence in str(refused.value)


def test_refusal_does_not_show_the_password_that_was_given_bare():
    with pytest.raises(SettingsError) as refused:
        users("marcom:hunter2-in-the-clear")
    assert "hunter2" not in str(refused.value)


def test_settings_do_not_show_hashes_when_printed():
    assert HASH not in repr(WebSettings(WEBAPI_USERS=f"marcom:{HASH}", _env_file=None))


def make_entry(monkeypatch, capsys, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["hash_password.py", *arguments])
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    status = hash_password.main()
    out, err = capsys.readouterr()
    return status, out, err


def test_hash_password_prints_an_entry_that_the_settings_accept(monkeypatch, capsys):
    status, out, _ = make_entry(monkeypatch, capsys, "marcom", typed="correct horse battery\n")
    assert status == 0
    assert check_password_hash(users(out)["marcom"], "correct horse battery")


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("a:b",), ("a,b",)])
def test_hash_password_refuses_a_name_that_the_setting_can_not_hold(monkeypatch, capsys, arguments):
    status, out, err = make_entry(monkeypatch, capsys, *arguments, typed="correct horse battery\n")
    assert (status, out) == (2, "") and "usage: make user NAME=" in err


def test_hash_password_refuses_a_short_password(monkeypatch, capsys):
    status, out, err = make_entry(monkeypatch, capsys, "marcom", typed="short\n")
    assert (status, out) == (2, "") and "at least 12" in err
