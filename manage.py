#!/usr/bin/env python
"""Run a management command; `script/manage` gives it the private services first."""

import gc
import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    """Run the command line; a database that cannot be reached is told in one sentence instead of a stack trace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if "migrate" in sys.argv:  # makes hundreds of thousands of objects that stay: looking through them again and again is a fifth of its time
        gc.set_threshold(200_000, 50, 100)
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None):  # the server answered: an error of the command
            raise
        sys.exit(f"The database does not answer: {str(error).strip().splitlines()[0]}")


if __name__ == "__main__":
    main()
