from django.apps import AppConfig


class CommandConfig(AppConfig):
    name = "command"

    def ready(self):
        from . import boards, escalation, standing  # noqa: F401  registers audiences and deadline handlers
