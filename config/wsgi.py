"""Pages and API, served by gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# What is loaded now stays: the collector need not walk through it again and again (a tenth of a request), and workers go on
# sharing its memory. A request makes some thousands of objects, nearly all of which go by themselves.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
