"""Tracks are sensitive: they are forgotten when the county's retention is over."""

from datetime import timedelta

from django.contrib.gis.geos import Point

from command.models import Track
from command.tasks import clear_tracks


def test_tracks_older_than_the_retention_are_forgotten(cast, noon):
    for days in (0, 89, 91):
        Track.objects.create(officer=cast.officer, point=Point(116.16, 37.868, srid=4326), at=noon - timedelta(days=days))
    clear_tracks()
    assert Track.objects.count() == 2
