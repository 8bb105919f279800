"""The OpenAPI description is valid, complete and true."""

import pytest
from drf_spectacular.validation import validate_schema

from tests.api.conftest import KEY


@pytest.fixture
def schema(client, db) -> dict:
    return client.get("/api/schema/", headers={"Accept-Language": "en"}).json()


def test_the_description_is_valid_and_names_every_operation(schema):
    validate_schema(schema)
    operations = {operation["operationId"] for path in schema["paths"].values() for operation in path.values()}
    assert operations == {"create_report", "follow_report", "store_photo", "list_categories", "who_may"}


def test_creating_and_asking_who_may_need_a_key(schema):
    locked = {
        path for path, methods in schema["paths"].items() for operation in methods.values()
        if {"ClientKey": []} in operation.get("security", []) and {} not in operation["security"]
    }  # fmt: skip
    assert locked == {"/api/reports/", "/api/photos/", "/api/authority/"}
    assert schema["components"]["securitySchemes"]["ClientKey"]["name"] == "Authorization"


def test_what_is_answered_is_what_is_described(schema, file_report, client):
    described = schema["components"]["schemas"]
    body = file_report().json()
    assert set(body) == set(described["ReportOutput"]["properties"])
    assert set(client.get("/api/categories/").json()[0]) == set(described["CategoryOutput"]["properties"])
    assert set(file_report(key=None).json()) <= set(described["ErrorOutput"]["properties"])


def test_the_idempotency_key_is_described(schema):
    names = {parameter["name"] for parameter in schema["paths"]["/api/reports/"]["post"]["parameters"]}
    assert "Idempotency-Key" in names


def test_the_documentation_page_has_nothing_inline_and_nothing_from_elsewhere(client, db):
    page = client.get("/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "://" not in text
    assert "<style" not in text
    assert 'style="' not in text
    assert all("src=" in tag for tag in text.split("<script")[1:])


@pytest.mark.parametrize("path", ["/api/reports/", "/api/photos/"])
def test_reading_where_only_writing_is_possible_gets_a_sentence(client, cast, path):
    answer = client.get(path, headers={"Authorization": f"Key {KEY}"})
    assert answer.status_code in (401, 405)
    assert answer.json()["detail"]
