"""Statements planned once for each connection."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction

from journal import prepared

TWICE = "SELECT 2 * $1::int"


def test_a_statement_is_planned_once_for_a_connection(db, django_assert_num_queries):
    prepared.fetch("twice", TWICE, [1])
    with django_assert_num_queries(1):
        assert prepared.fetch("twice", TWICE, [21]) == [(42,)]


def test_a_new_connection_has_it_planned_again(db):
    prepared.fetch("twice", TWICE, [1])

    def twice_on_two_connections() -> list:
        found = []
        for number in (1, 21):
            found += prepared.fetch("twice", TWICE, [number])
            connection.close()  # this thread's
        return found

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(twice_on_two_connections).result() == [(2,), (42,)]


def test_it_survives_a_transaction_that_failed(db):
    with pytest.raises(DatabaseError), transaction.atomic():
        prepared.fetch("thrice", "SELECT 3 / $1::int", [0])
    assert prepared.fetch("thrice", "SELECT 3 / $1::int", [1]) == [(3,)]
