r"""The one reader of ``.env``: for the settings, and for the shell scripts before any environment exists. Needs Python 3.9 alone.

Shells, ``docker compose``, ``podman-compose`` and Python's dotenv disagree on blanks, quotes, ``$``, ``#`` and ``\``. Only lines
that all of them read alike are accepted; any other is rejected by file, number and variable, never by its value, which may be a
secret. Every release of them counts: a byte order mark, which new ones skip, is rejected because older ones do not.

``local_stack/any_python.sh -m campaign.env_file NAME…`` validates the file and prints a shell assignment for each variable that
the file sets and the environment leaves empty.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import sys
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
ENV_FILE = PROJECT_ROOT / ".env"

PLAIN = r"A-Za-z0-9_./:,@%+=!*?^{}\[\]-"
LINE = re.compile(
    r" *(?:export +)?(?P<name>[A-Z_][A-Z0-9_]*)="
    rf"(?:(?:(?P<plain>[{PLAIN}]+)|'(?P<single>(?:(?!\$\{{)[^'\\])*)'|\"(?P<double>[^\"\\$`]*)\")(?: +#.*)?)? *"
)
NOTHING = re.compile(r"[ \t]*(?:#.*)?")
NAME = re.compile(r"\s*(?:export\s+)?(?P<name>\w+)(?P<blank>\s*)(?P<sign>[=:]?)(?P<value>.*)", re.ASCII)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but the tab, which a comment may have
SHOWN = 10
UNSEEN = "has a control character, which no editor shows. Type the line again"
DAMAGED = "has NUL bytes: the file is UTF-16, or damaged. Save it as UTF-8 without BOM, or write it again"
OTHER = "Choose another value, or set the variable in the environment instead"
# The file is written over, not replaced: who may read it stays the same.
WITHOUT_MARK = "tail -c +4 .env >.env.new && cat .env.new >.env && rm .env.new"
AS_UTF8 = "iconv -f UTF-16 -t UTF-8 .env >.env.new && cat .env.new >.env && rm .env.new"


class EnvFileError(ValueError):
    """The file cannot be used; the message names every line that is rejected, and says what to write instead."""


def read_env_file(file: Path = ENV_FILE) -> dict[str, str]:
    """Return the variables by name, the last line of a name winning; nothing when there is no file. Raises EnvFileError."""
    content = _content(file)
    if content.startswith(b"\xef\xbb\xbf"):
        raise EnvFileError(
            f"{file} begins with a byte order mark, which shells and older tools read as part of the first name. "
            f"Save it as UTF-8 without BOM, or run: {WITHOUT_MARK}"
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise EnvFileError(f"{file} is UTF-16. Save it as UTF-8 without BOM, or run: {AS_UTF8}")
    values, rejected = {}, []
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            # Windows ends lines by \r\n; all read that as \n.
            text = line[:-1].decode() if line.endswith(b"\r") else line.decode()
        except UnicodeDecodeError:
            text = line.decode("latin-1")
            rejected.append(_at(number, text, "has bytes that are not UTF-8. Save the file as UTF-8"))
            continue
        matched = LINE.fullmatch(text)
        if CONTROL.search(text):
            rejected.append(_at(number, text, DAMAGED if "\0" in text else UNSEEN))
        elif matched:
            values[matched["name"]] = matched["plain"] or matched["single"] or matched["double"] or ""
        elif not NOTHING.fullmatch(text):
            rejected.append(_at(number, text, _reason(text)))
    if rejected:
        more = [f"and {len(rejected) - SHOWN} more lines"] if len(rejected) > SHOWN else []
        raise EnvFileError(
            f"{file} is not used: the shell, compose and the programs would read these lines differently.\n"
            + "\n".join(f"  {each}" for each in rejected[:SHOWN] + more)
        )
    return values


def _content(file: Path) -> bytes:
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise EnvFileError(
                f"{file} is {'a folder' if file.is_dir() else 'no regular file'}; a file of NAME=value lines is expected. "
                "Move it to another name."
            )
        return file.read_bytes()
    except FileNotFoundError:
        if file.is_symlink():
            raise EnvFileError(
                f"{file} is a link to {os.readlink(file)}, which is missing. Restore that file, or remove the link."
            ) from None
        return b""
    except OSError as error:
        raise EnvFileError(
            f"{file} cannot be read: {error.strerror}. Let {_me()} read it (chmod, chown), or run this as its owner."
        ) from None


def _me() -> str:
    return f"user {os.getuid()}" if hasattr(os, "getuid") else "this user"


def _at(number: int, text: str, reason: str) -> str:
    matched = NAME.match(text)
    # Without a sign after it, the first word may be a piece of a secret that was broken over two lines.
    name = f", {matched['name']}" if matched and matched["sign"] else ""
    return f"line {number}{name}: {reason}."


def _reason(text: str) -> str:
    """Say why a line is rejected and what to write instead."""
    matched = NAME.match(text)
    if not matched or not matched["sign"]:
        return "is not of the form NAME=value; a value cannot go on in a second line, and a comment starts with #"
    name, value = matched["name"], matched["value"]
    if matched["sign"] == ":":
        return f"has : after the name. Write {name}=value"
    if name[0].isdigit():
        return "has a name that starts with a digit. Names are capital letters, digits and _"
    if name != name.upper():
        return f"has a name in lower-case letters, which not all take for the same. Write {name.upper()}=value"
    if "\t" in text:
        return "has a tab. Write a space, or none around ="
    if value.lstrip()[:1] == "#":
        return "has a comment in the place of the value. Put the comment in a line of its own, or the value in single quotes"
    if matched["blank"] or value[:1] == " ":
        return f"has a space beside =. Write {name}=value"
    return _reason_of_value(name, value)


def _reason_of_value(name: str, value: str) -> str:
    quoted = f"Write {name}='…' in single quotes"
    if "\\" in value:
        return f"has a backslash, which each tool reads in its own way. {OTHER}"
    quote = value[:1]
    if quote in ("'", '"'):
        inside, closing, rest = value[1:].partition(quote)
        if not closing:
            return f"has no closing {quote} in its line. Write {name}={quote}…{quote}"
        if rest.strip() and not re.match(r" +#", rest):
            return (
                f"goes on after the closing {quote}. Put the whole value in one pair of quotes, "
                "in double ones if a ' is in it, and a space before a comment"
            )
        if quote == "'":
            return f"has ${{, which podman-compose replaces even in single quotes. {OTHER}"
        return f"has $ or ` in double quotes, where they are replaced. {quoted}"
    if "'" in value:
        if re.search(r"[\"$`]", value):
            return f"has a ' together with \", $ or `, which no form keeps for all. {OTHER}"
        return f'has a \' in its value. Write {name}="…" in double quotes'
    if value[:1] == "~":
        return "has ~ outside quotes, for which only a shell puts the home folder. Write the folder in full"
    found = re.search(rf"[^{PLAIN}]", value)
    return f"has {found[0] if found and found[0] != ' ' else 'a space'} outside quotes. {quoted}"


def main() -> int:
    """Validate the file and print the assignments that a shell script asks for; 1 with a sentence on standard error."""
    try:
        values = read_env_file()
    except EnvFileError as error:
        print(f"Failed: {error}", file=sys.stderr)
        return 1
    for name in sys.argv[1:]:
        if values.get(name) and not os.environ.get(name):
            print(f"{name}={shlex.quote(values[name])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
