"""The county's sample reports (`data/fucheng/reports.csv`) cover what the demo and the tests rely on."""

import csv
import json
from pathlib import Path

import pytest

from cases import agreement
from cases.models import Report
from cases.transitions import Outcome
from demo import endings

COUNTY = Path(__file__).resolve().parents[2] / "data" / "fucheng"
KINDS = {"normal", "duplicate", "hopeless", "abusive", "out_of_scope", "complaint_about_officer"}


@pytest.fixture(scope="module")
def reports():
    with (COUNTY / "reports.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def codes(name):
    return {feature["properties"]["code"] for feature in json.loads((COUNTY / name).read_text("utf-8"))["features"]}


def test_every_category_and_every_grid_of_the_seat_is_reported(reports):
    with (COUNTY / "categories.csv").open(encoding="utf-8", newline="") as file:
        categories = {row["code"] for row in csv.DictReader(file)}
    assert {row["true_category"] for row in reports} == categories
    assert codes("grids.geojson") <= {row["zone"] for row in reports}


def test_every_place_lies_in_a_zone_that_the_county_has(reports):
    known = codes("grids.geojson") | codes("villages.geojson") | codes("townships.geojson") | {""}
    assert [row["id"] for row in reports if row["zone"] not in known] == []


def test_a_duplicate_repeats_an_earlier_report_of_the_same_zone_and_category(reports):
    seen = {}
    for row in reports:
        if row["kind"] == "duplicate":
            first = seen[row["duplicate_of"]]
            assert (first["zone"], first["true_category"]) == (row["zone"], row["true_category"]), row["id"]
        assert bool(row["duplicate_of"]) == (row["kind"] == "duplicate"), row["id"]
        seen[row["id"]] = row


def test_codes_in_the_reports_are_those_of_the_program(reports):
    assert {row["channel"] for row in reports} <= set(Report.Channel.values)
    assert {row["expected_outcome"] for row in reports} == {*Outcome.values, "rejected", "merged"}
    assert {row["kind"] for row in reports} == KINDS


def test_what_is_told_of_an_end_fits_it(reports):
    told = [(row["expected_outcome"], row[words]) for row in reports for words in ("officer_note", "citizen_reply")]
    assert [one for one in told if agreement.differs(*one)] == []
    assert set(endings.WORDS) == set(Outcome.values) - {"passed_on"}
    assert not any(agreement.differs(outcome, words) for outcome, both in endings.WORDS.items() for words in both)


def test_no_two_reports_say_the_same(reports):
    texts = [row["text"] for row in reports]
    assert len(set(texts)) == len(texts) >= 300
