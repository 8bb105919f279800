from django.apps import AppConfig
from django.core.checks import Error, register

from integrations.tiles import problems


def check_tiles(app_configs, **kwargs) -> list[Error]:
    """`manage.py check` names what is wrong with the map service, as `preflight` does."""
    return [Error(problem, id="grid.E001") for problem in problems()]


class GridConfig(AppConfig):
    name = "grid"

    def ready(self):
        register(check_tiles)
