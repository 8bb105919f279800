"""Imports in the background. Each may run twice or never: the rows say what is still to do, the sweep finds it."""

from celery import shared_task


@shared_task
def check_import(pk: int) -> None:
    from registers import imports

    imports.check(pk)


@shared_task
def apply_import(pk: int) -> None:
    from registers import imports

    imports.apply(pk)


@shared_task
def sweep_imports() -> None:
    """Every half minute (beat)."""
    from registers import imports

    imports.sweep()
