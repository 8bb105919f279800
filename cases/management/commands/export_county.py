"""`manage.py export_county FOLDER`: the registers as the CSV files of a county, so that a later load takes nothing back."""

import csv
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cases.county import exporting


class Command(BaseCommand):
    help = "Write the registers as CSV files into a county's folder, beside its county.toml and GeoJSON files."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="a folder that is there; its CSV files are written anew")

    def handle(self, *args, folder, **options):
        if not folder.is_dir():
            raise CommandError(_("There is no folder %(folder)s.") % {"folder": folder})
        written = exporting.files()
        for file, rows in written.items():
            with (folder / file).open("w", encoding="utf-8", newline="") as target:
                csv.writer(target, lineterminator="\n").writerows(rows)
        if options["verbosity"] > 0:
            self.stdout.write(_("%(n)d files were written to %(folder)s.") % {"n": len(written), "folder": folder})
