from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self):
        from journal import push

        from . import followups, truth  # noqa: F401  register deadline handlers and what verify_journal compares
        from .boards import TrackBoard

        push.register(TrackBoard())
