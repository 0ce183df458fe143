"""Which files a source names, and that none outside of the allowed folders is ever among them."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from campaign.ingest.source_files import SourceError, find_source_files
from campaign.settings import Settings


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name in ("b.csv", "a.csv", "c.csv.gz", "D.CSV", "notes.txt", "e.csv.part"):
        (folder / name).touch()
    (folder / "sub.csv").mkdir()
    (folder / "sub.csv" / "f.csv").touch()
    return folder


def find(source: Path | str, *roots: Path) -> list[str]:
    settings = Settings(CAMPAIGN_INBOX=roots[0], CAMPAIGN_ALLOWED_ROOTS=os.pathsep.join(map(str, roots[1:])))
    return [path.name for path in find_source_files(source, settings)]


def test_a_file_a_folder_and_a_pattern(inbox: Path) -> None:
    assert find(inbox / "notes.txt", inbox) == ["notes.txt"]
    assert find(inbox, inbox) == ["D.CSV", "a.csv", "b.csv", "c.csv.gz"]
    assert find(str(inbox / "[ab].csv"), inbox) == ["a.csv", "b.csv"]
    assert find(str(inbox / "**" / "f*"), inbox) == ["f.csv"]


def test_the_inbox_may_be_empty_and_nothing_else(inbox: Path, tmp_path: Path) -> None:
    (inbox / "empty").mkdir()
    for source in (inbox / "empty", str(inbox / "z*.csv")):
        with pytest.raises(SourceError, match="names no CSV file"):
            find(source, inbox)
    assert find(inbox / "empty", inbox / "empty") == []


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(inbox: Path) -> None:
    (inbox / "x[1].csv").touch()
    assert find(inbox / "x[1].csv", inbox) == ["x[1].csv"]


def test_two_names_of_one_file_are_one_file(inbox: Path) -> None:
    (inbox / "link.csv").symlink_to(inbox / "a.csv")
    assert find(str(inbox / "*.csv"), inbox) == ["a.csv", "b.csv"]


def test_a_missing_file_is_named(inbox: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing\.csv does not exist"):
        find(inbox / "nothing.csv", inbox)


@pytest.mark.parametrize(
    "source", ["outside.csv", "inbox/../outside.csv", "inbox/escape.csv", "out*.csv", "inbox/way_out/x.csv", "."]
)
def test_nothing_outside_of_the_allowed_folders_is_read(source: str, inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.csv").touch()
    (inbox / "escape.csv").symlink_to(tmp_path / "outside.csv")
    (inbox / "way_out").symlink_to(tmp_path)
    (tmp_path / "x.csv").touch()
    with pytest.raises(SourceError, match="CAMPAIGN_ALLOWED_ROOTS"):
        find(str(tmp_path / source), inbox)


def test_a_folder_with_a_link_that_leads_outside_is_refused_as_a_whole(inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.csv").touch()
    (inbox / "escape.csv").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(SourceError, match=r"escape\.csv lies outside"):
        find(inbox, inbox)


def test_whether_an_outside_path_exists_is_not_told(inbox: Path) -> None:
    with pytest.raises(SourceError, match="lies outside"):
        find("/nowhere/at/all.csv", inbox)


@pytest.mark.parametrize(
    "pattern", ["secret*", "../outside*", "*/../../secret*", "way_out/secret*", "*/secret*", "**/secret*"]
)
def test_a_pattern_does_not_tell_what_is_outside(pattern: str, inbox: Path, tmp_path: Path) -> None:
    (inbox / "way_out").symlink_to(tmp_path)
    (tmp_path / "secret_of_someone.csv").touch()
    with pytest.raises(SourceError) as raised:
        find(str(inbox / pattern), inbox)
    assert "someone" not in str(raised.value)


@pytest.mark.parametrize("source", ["a\0b.csv", "*\0.csv", "~nobody_of_that_name/x.csv"])
def test_what_is_no_path_is_named(source: str, inbox: Path) -> None:
    with pytest.raises(SourceError):
        find(source, inbox)


def test_a_folder_that_may_not_be_listed_is_named(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(SourceError, match="inbox cannot be read: Permission denied"):
        find(inbox, inbox)


def test_a_second_root_may_be_read_too(inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "old.csv").touch()
    assert find(tmp_path / "archive", inbox, tmp_path / "archive") == ["old.csv"]


def test_a_pipe_is_no_file(inbox: Path) -> None:
    os.mkfifo(inbox / "pipe.csv")
    assert "pipe.csv" not in find(inbox, inbox)
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        find(inbox / "pipe.csv", inbox)


COMPANIONS = (
    "._a.csv", ".a.csv", "~$a.csv", ".~lock.a.csv#", ".DS_Store", "Thumbs.db", "desktop.ini", "x.csv.part", "x.csv.filepart",
    "x.csv.gz.crdownload", "x.csv.tmp", "x.csv~", "#x.csv#", ".x.csv.gz.a1B2c3", "a.csv:Zone.Identifier",
)  # fmt: skip


@pytest.mark.parametrize("source", ["", "*", "[!n]*", "**/[!f]*"])
def test_hidden_and_half_written_files_are_passed_over_and_counted(
    source: str, inbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (inbox / "notes.txt").unlink()
    for name in COMPANIONS:
        (inbox / name).touch()
    with caplog.at_level(logging.INFO):
        assert find(str(inbox / source), inbox) == ["D.CSV", "a.csv", "b.csv", "c.csv.gz"]
    hidden = sum(name.startswith(".") for name in COMPANIONS)  # no pattern here matches them
    assert f"files passed over: {len(COMPANIONS) + 1 - (hidden if source else 0)} (" in caplog.text


def test_a_folder_of_companions_alone_names_them(inbox: Path) -> None:
    folder = inbox / "download"
    folder.mkdir()
    for name in ("._a.csv", "a.csv.part"):
        (folder / name).touch()
    for source in (folder, folder / "*", folder / "._*"):
        with pytest.raises(SourceError, match=r"names no CSV file; files passed over: (2|1) \((\._)?a\.csv"):
            find(str(source), inbox)


def test_a_hidden_file_that_is_named_is_read(inbox: Path) -> None:
    (inbox / ".a.csv").touch()
    assert find(inbox / ".a.csv", inbox) == [".a.csv"]


def test_a_name_that_only_resembles_a_companion_is_a_file(inbox: Path) -> None:
    names = ["#1 orders.csv", "part.csv", "temp.csv", "x.part.csv", "~a.csv"]
    for name in names:
        (inbox / "new").mkdir(exist_ok=True)
        (inbox / "new" / name).touch()
    assert find(inbox / "new", inbox) == find(str(inbox / "new" / "*"), inbox) == names
