"""A page of docs that a command draws from what the code holds; `--check` fails when the committed one differs."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class DrawnPage(BaseCommand):
    """A command says where its page lies and how it is drawn."""

    path: str
    draw: Callable[[], str]

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true")

    def handle(self, *args, check=False, **options):
        file = Path(settings.BASE_DIR) / self.path
        if not check:
            file.write_text(self.draw())
            self.stdout.write(f"{self.path} written")
        elif not file.exists() or file.read_text() != self.draw():
            raise CommandError(f"{self.path} is stale: run script/manage {type(self).__module__.rpartition('.')[2]}")
