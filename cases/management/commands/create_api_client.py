"""Give a program a key for the API."""

import hashlib
import secrets

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.models import ApiClient


class Command(BaseCommand):
    help = "Create an API client and print its key, once; --revoke ends a client's key."

    def add_arguments(self, parser):
        parser.add_argument("name", help="who files the reports; shown in the journal")
        parser.add_argument("--per-minute", type=int, default=60, metavar="N", help="reports a minute (60)")
        parser.add_argument("--simulated", action="store_true", help="its reports are marked as simulated (not in production)")
        parser.add_argument("--speed", type=int, default=1, metavar="N", help="divide the budgets of its cases; with --simulated")
        parser.add_argument("--revoke", action="store_true", help="the client's key is refused from now on")

    def handle(self, *, name, per_minute, simulated, speed, revoke, **options):
        if revoke:
            if not ApiClient.objects.filter(name=name, is_active=True).update(is_active=False):
                raise CommandError(f"There is no active client “{name}”.")
            self.stdout.write(f"The key of “{name}” is refused from now on.")
            return
        if per_minute < 1 or speed < 1:
            raise CommandError("--per-minute and --speed must be at least 1.")
        if speed > 1 and not simulated:
            raise CommandError("--speed needs --simulated: real cases run on the real clock.")
        if simulated and settings.ENVIRONMENT == "production":
            raise CommandError("Simulated clients are refused in production.")
        if ApiClient.objects.filter(name=name).exists():
            raise CommandError(f"A client “{name}” exists already; choose another name.")
        key = secrets.token_urlsafe(32)
        ApiClient.objects.create(
            name=name, key_hash=hashlib.sha256(key.encode()).hexdigest(), per_minute=per_minute, is_simulated=simulated, speed=speed
        )
        self.stderr.write(f"Client “{name}”: {per_minute} reports a minute. The key is shown only now; send it as “Authorization: Key …”.")
        self.stdout.write(key)
