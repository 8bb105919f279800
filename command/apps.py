from django.apps import AppConfig


class CommandConfig(AppConfig):
    name = "command"

    def ready(self):
        from . import assisting, barring, boards, escalation, help, joint, offers, reaching  # noqa: F401  registers audiences and deadline handlers
