"""A new password for an administrator (by staff number), printed once and changed at the next sign-in."""

from django.core.management.base import BaseCommand, CommandError

from enforcement import accounts
from journal.refused import Refused


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("staff_number")

    def handle(self, *args, staff_number, **options):
        try:
            one = accounts.administrator_password(staff_number)
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from None
        self.stdout.write(f"{one.user.get_role_display()}\t{one.user.name}\t{one.user.username}\t{one.password}")
