"""The yardstick: a Django view that does nothing but insert two rows, under the same server, driver and connection settings.

Settings and urls in one module; BARE_MIDDLEWARE=1 puts the platform's middleware in front of the same view.
"""

import json
import os

from django.db import connection, transaction
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config import settings as platform
from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.bare"
MIDDLEWARE = platform.MIDDLEWARE if os.environ.get("BARE_MIDDLEWARE") == "1" else []

# As many indexes as the platform's own report and entry carry, on the same kinds of columns.
TABLES = """
    CREATE TABLE bare_report (
        id bigserial PRIMARY KEY, text text NOT NULL, category varchar(24) NOT NULL, point geography(Point, 4326) NOT NULL,
        tracking varchar(64) NOT NULL UNIQUE, received_at timestamptz NOT NULL, centre bigint NOT NULL);
    CREATE INDEX ON bare_report USING gist (point);
    CREATE INDEX ON bare_report (received_at);
    CREATE INDEX ON bare_report (centre, received_at);
    CREATE TABLE bare_entry (id bigserial PRIMARY KEY, report bigint NOT NULL REFERENCES bare_report, verb varchar(24) NOT NULL,
        at timestamptz NOT NULL, data jsonb NOT NULL);
    CREATE INDEX ON bare_entry (report, id);
"""
REPORT = """INSERT INTO bare_report (text, category, point, tracking, received_at, centre)
    VALUES (%s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography, %s, now(), 7) RETURNING id"""
ENTRY = "INSERT INTO bare_entry (report, verb, at, data) VALUES (%s, 'reported', now(), %s)"


@csrf_exempt  # as an API is
def insert(request) -> JsonResponse:
    """Two rows, one commit."""
    said = json.loads(request.body)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REPORT, [said["text"], said["category"], said["lon"], said["lat"], request.headers["Idempotency-Key"]])
        (pk,) = cursor.fetchone()
        cursor.execute(ENTRY, [pk, json.dumps({"from": None, "to": "received"})])
    return JsonResponse({"id": pk}, status=201)


urlpatterns = [path("api/reports/", insert)]
