from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "supervision"

    def ready(self):
        from . import board, spent  # noqa: F401  register the audience and what verify_journal compares
