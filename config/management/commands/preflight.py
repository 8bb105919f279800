"""Refuse to start in production with what belongs to a demonstration or is not safe. Prints one sentence for each."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from cases import keys
from cases.models import ApiClient, Case, Report
from enforcement.models import User
from grid.models import County
from integrations.tiles import problems as tile_problems


def problems() -> list[str]:
    """Why this installation must not serve; empty when it may."""
    found = []
    if settings.ENVIRONMENT != "production":
        found.append("ENVIRONMENT is not production.")
    if settings.DEBUG:
        found.append("DEBUG is on.")
    if settings.SECRET_KEY == settings.DEFAULT_SECRET_KEY or len(settings.SECRET_KEY) < 50:
        found.append("SECRET_KEY is the default or shorter than 50 characters.")
    if not settings.HTTPS:
        found.append("HTTPS is off: sessions and citizens' reports would travel in clear. Put TLS in front and set HTTPS=1.")
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        found.append("ALLOWED_HOSTS does not name the site's own host names.")
    if settings.SIGN_IN_LOG_DAYS < settings.SIGN_IN_LOG_LEAST_DAYS:
        found.append(f"SIGN_IN_LOG_DAYS is below {settings.SIGN_IN_LOG_LEAST_DAYS}: sign-ins are kept for six months at least (网络安全法 21).")
    if settings.MESSAGE_GATEWAY_URL and len(settings.MESSAGE_GATEWAY_SECRET) < 32:
        found.append("MESSAGE_GATEWAY_SECRET is shorter than 32 characters: anybody could report that orders have arrived.")
    return found + tile_problems() + _keys() + _data()


def _keys() -> list[str]:
    folder = settings.KEYS_DIR
    files = list(folder.glob("*.key")) if folder.is_dir() else []
    if not files:
        return [f"KEYS_DIR ({folder}) has no keys: run create_keys once and keep a copy apart from the database."]
    missing = [name for name in keys.NAMED if not (folder / f"{name}.key").exists()]
    if missing:
        return [f"KEYS_DIR ({folder}) lacks {', '.join(missing)}: run create_keys again, it makes only what is not there."]
    return [f"{path.name} can be read by others: chmod 600." for path in files if path.stat().st_mode & 0o077]


def _data() -> list[str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege(current_user, 'journal_entry', 'UPDATE')")
            may_rewrite = cursor.fetchone()[0]
        found = []
        if not County.objects.exists():
            found.append("No county is loaded: run load_county FOLDER.")
        if may_rewrite:
            found.append("The database role may rewrite the journal: serve as another role than the one that owns the tables.")
        if User.objects.filter(is_demo=True, is_active=True).exclude(password__startswith="!").exists():  # noqa: S106  unusable ones
            found.append("There are demonstration accounts with a password.")
        if Case.objects.filter(is_simulated=True).exists() or Report.objects.filter(is_simulated=True).exists():
            found.append("The database holds simulated cases.")
        if ApiClient.objects.filter(is_simulated=True, is_active=True).exists():
            found.append("There are simulated clients of the interface.")
        return found
    except DatabaseError as error:
        return [f"The database does not answer: {str(error).strip().splitlines()[0]}"]


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def handle(self, *args, **options):
        found = problems()
        if found:
            raise CommandError("This installation must not serve:\n" + "\n".join(f"- {sentence}" for sentence in found))
        self.stdout.write("preflight: nothing stands against serving")
