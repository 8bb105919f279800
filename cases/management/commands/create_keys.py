"""Make the secret keys of this installation, or a further encryption key."""

from django.conf import settings
from django.core.management.base import BaseCommand

from cases import keys


class Command(BaseCommand):
    help = "Make the keys that are missing under KEYS_DIR; --rotate adds an encryption key, the old ones still open."

    def add_arguments(self, parser):
        parser.add_argument("--rotate", action="store_true", help="add a new encryption key; restart the processes after")

    def handle(self, *, rotate, **options):
        ids = keys.encryption_ids()
        wanted = [*keys.NAMED]
        if rotate or not ids:
            wanted.append(f"encryption-{int(ids[-1]) + 1 if ids else 1:04d}")
        made = [name for name in wanted if keys.create(name)]
        self.stdout.write(f"{settings.KEYS_DIR}: " + (f"made {', '.join(made)}" if made else "nothing to make"))
