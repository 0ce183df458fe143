"""The report as text: what a person reads first about many files."""

from __future__ import annotations

from campaign.orchestration.run_report import render


def report_of(*files: tuple[str, str]) -> str:
    outcomes = [{"file_name": name, "status": status, "message": ""} for name, status in files]
    return render({"run_id": "run", "files": outcomes, "campaigns": [], "generation": None, "published": False})


def test_files_are_listed_by_name_and_those_that_failed_last() -> None:
    text = report_of(("b.csv", "failed"), ("c.csv", "loaded"), ("a.csv", "failed"), ("d.csv", "known"))
    places = [text.index(name) for name in ("c.csv", "d.csv", "a.csv", "b.csv")]
    assert places == sorted(places)
    assert "2 of 4 files failed and loaded nothing" in text


def test_one_file_needs_no_count() -> None:
    assert "of 1 files" not in report_of(("a.csv", "failed"))
    assert "files failed" not in report_of(("a.csv", "loaded"), ("b.csv", "known"))


def test_checks_that_did_not_pass_are_named_and_cut_to_a_few() -> None:
    sentences = [f"check_{number} failed; it began to fail in this run." for number in range(10)]
    text = render({"run_id": "run", "files": [], "failing_checks": sentences, "campaigns": [], "generation": None, "published": False})  # fmt: skip
    assert "  Checks that did not pass:\n    check_0 failed; it began to fail in this run." in text
    assert "check_7" in text and "check_8" not in text and "and 2 more: GET /api/v1/checks" in text


def test_a_file_that_is_still_refused_and_those_that_wait_are_named() -> None:
    outcomes = [{"file_name": "a.csv", "status": "still_refused", "message": ""}]
    names = [f"{number}.csv" for number in range(7)]
    text = render({"run_id": "run", "files": outcomes, "waiting": names, "campaigns": [], "generation": None, "published": False})  # fmt: skip
    assert "  still refused" in text
    assert "to be corrected or taken away: 0.csv, 1.csv, 2.csv, 3.csv, 4.csv and 2 more" in text
