"""`manage.py load_county FOLDER`: one county's data into the database, all of it or nothing."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cases.county.loading import load
from journal.refused import Refused


class Command(BaseCommand):
    help = "Check a folder of county data (data/fucheng/README.md) and load it; run again after any change of the files."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="folder with county.toml, CSV and GeoJSON files")
        parser.add_argument("--check", action="store_true", help="only check the files; change nothing")

    def handle(self, *args, folder, check, **options):
        try:
            problems, counts = load(folder, only_check=check)
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from None
        for problem in problems:
            self.stderr.write(str(problem))
        if problems:
            raise CommandError(_("%(count)d rows cannot be loaded; nothing was changed.") % {"count": len(problems)})
        if options["verbosity"] > 0:
            for (model, what), number in sorted(counts.items()):
                self.stdout.write(f"{model}: {number} {what}")
            self.stdout.write(_("The files hold; nothing was changed.") if check or not counts else _("The county is loaded."))
