"""The map's background work."""

from celery import shared_task


@shared_task
def fetch_tiles() -> None:
    """Tiles of the map service that somebody looks at and that the disk has not (`grid.tiles`); again while more are wanted."""
    from journal import push

    from . import tiles

    tiles.fetch_wanted()
    link = push.client()
    if link.zcard(tiles.WANTED) and link.set(tiles.BUSY, "1", nx=True, ex=2 * tiles.BATCH_SECONDS):
        fetch_tiles.delay_on_commit()
