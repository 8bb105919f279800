"""The proof of work, solved as a page solves it."""

import base64
import hashlib
import json
from datetime import timedelta

import pytest

from cases import challenge
from journal import clock


@pytest.fixture(autouse=True)
def easy(settings):
    settings.CHALLENGE_EFFORT = 400


def solve(given: dict) -> str:
    """What the page's script does: try counters until the hash begins as asked."""
    wanted = given["parameters"]
    head = bytes.fromhex(wanted["salt"]) + bytes.fromhex(wanted["nonce"])
    for counter in range(401):
        derived = hashlib.sha256(head + counter.to_bytes(4, "big")).hexdigest()
        if derived.startswith(wanted["keyPrefix"]):
            solution = {"counter": counter, "derivedKey": derived}
            return base64.b64encode(json.dumps({"challenge": given, "solution": solution}).encode()).decode()
    raise AssertionError("not solvable within the effort")


def test_a_solved_challenge_is_a_proof_and_the_effort_is_bounded():
    proofs = {challenge.proof_of(solve(challenge.new_challenge())) for _ in range(20)}
    assert len(proofs) == 20
    assert all(len(proof) == 64 for proof in proofs)


def change(payload: str, **given) -> str:
    data = json.loads(base64.b64decode(payload))
    data["challenge"]["parameters"].update(given.pop("parameters", {}))
    data["solution"].update(given)
    return base64.b64encode(json.dumps(data).encode()).decode()


@pytest.mark.parametrize("harm", [
    {"counter": 1}, {"derivedKey": "00" * 32}, {"parameters": {"keyPrefix": "00"}}, {"parameters": {"data": {"until": 9_000_000_000}}},
])  # fmt: skip
def test_a_changed_challenge_or_solution_is_none(harm):
    assert challenge.proof_of(change(solve(challenge.new_challenge()), **harm)) == ""


@pytest.mark.parametrize("payload", ["", "x", "eyJ4IjoxfQ==", "A" * 5000, base64.b64encode(b"[1]").decode(), "占道"])
def test_what_is_no_solution_is_no_error_either(payload):
    assert challenge.proof_of(payload) == ""


def test_an_old_challenge_is_not_taken():
    with clock.at(clock.now() - timedelta(hours=1)):
        old = challenge.new_challenge()
    assert challenge.proof_of(solve(old)) == ""


def test_whatever_day_it_is_a_fresh_challenge_is_taken(noon):
    assert challenge.proof_of(solve(challenge.new_challenge()))


def test_a_challenge_of_another_installation_is_not_taken(settings):
    foreign = solve(challenge.new_challenge())
    settings.SECRET_KEY = "another"
    assert challenge.proof_of(foreign) == ""


def test_a_proof_is_used_up_by_its_first_use(db):
    assert [challenge.use_up("p" * 64), challenge.use_up("p" * 64), challenge.use_up("q" * 64)] == [True, False, True]
