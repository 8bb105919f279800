from django.apps import AppConfig


class CommandConfig(AppConfig):
    name = "command"

    def ready(self):
        from . import barring, boards, escalation  # noqa: F401  registers audiences and deadline handlers
