from django.apps import AppConfig
from django.db.models.signals import post_migrate  # noqa: TID251  no model is saved: rights after migrating


def grant_after_migrate(using, **kwargs):
    from .grants import grant

    grant(using=using)


class JournalConfig(AppConfig):
    name = "journal"

    def ready(self):
        # The serving role gets its rights by the same command that made the tables, also in test databases.
        post_migrate.connect(grant_after_migrate, sender=self)
