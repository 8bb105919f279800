from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self):
        from journal import push

        from . import followups  # noqa: F401  registers deadline handlers
        from .boards import TrackBoard

        push.register(TrackBoard())
