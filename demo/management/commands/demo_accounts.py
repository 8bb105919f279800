"""Open the demonstration accounts and print one of each post, on duty now where the post has duty."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo.accounts import PASSWORD, accounts, open_accounts


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        if settings.ENVIRONMENT == "production":
            raise CommandError("Demonstration accounts are refused in production.")
        open_accounts()
        width = max(len(account.username) for account in accounts())
        for account in accounts():
            self.stdout.write(f"  {account.path:<17} {account.username:<{width}}  {account.words}")
        self.stdout.write(f"  password of all: {PASSWORD}")
