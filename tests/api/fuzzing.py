"""Requests made up by schemathesis from the interface's own description, and what every answer to them must be."""

from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
FOLLOW, AUTHORITY = "/api/reports/{code}/", "/api/authority/"
VALID, BROKEN = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
# Numbers made up at random lie outside the county. What is known takes their place in some requests, so that some are stored.
HERE = {"lon": 116.1595, "lat": 37.861, "system": "wgs84", "zone": ""}
KNOWN = ({}, HERE, {**HERE, "category": "TIP-01", "text": "有人占道摆摊", "photos": [], "began_at": None}, {**HERE, "category": "", "photos": []})


ASKED = ({}, {"zone": "131128101", "item": "HB-CF-001"}, {"lon": "116.1595", "lat": "37.861", "category": "TIP-01"})


def needs_key(operation) -> bool:
    """Whether only clients may do it."""
    return bool(operation.definition.raw.get("security"))


def operations(schema) -> list[tuple]:
    """(operation, mode) of the whole description: as it asks for, and, where something is sent, with something wrong in it."""
    found = [result.ok() for result in schema.get_all_operations()]
    return [(one, mode) for one in found for mode in (VALID, BROKEN) if mode is VALID or one.method == "post"]


def ask(operation, mode, *, examples: int, number: int, call: Callable) -> Counter:
    """Up to `examples` requests (what takes nothing has only one), the same again for the same `number`; how often each status
    came. Whoever filed a report follows it. `call(case)` sends one; raises with the request when an answer breaks the description."""
    got: Counter[int] = Counter()

    def check(case):
        answer = call(case)
        case.validate_response(answer, checks=CHECKS)
        got[answer.status_code] += 1
        return answer

    @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @seed(number)
    @given(case=operation.as_strategy(generation_mode=mode), known=st.sampled_from(KNOWN), asked=st.sampled_from(ASKED))
    def one(case, known, asked):
        if mode is VALID and isinstance(case.body, dict) and "file" not in case.body:
            case.body |= known
        if operation.path == AUTHORITY and asked:
            case.query = asked
        answer = check(case)
        if answer.status_code == 201 and "code" in (told := answer.json()):
            check(operation.schema[FOLLOW]["GET"].Case(path_parameters={"code": told["code"]}))

    one()
    return got
