"""All settings, read from the environment; `.env.example` explains each variable."""

import sys
from pathlib import Path

import environ
import pghistory
from csp.constants import NONCE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
env = environ.Env()

# demo: simulated data allowed · test: the suite · production: refusals of `manage.py preflight` apply
ENVIRONMENT = env.str("ENVIRONMENT", default="demo")
if ENVIRONMENT not in {"demo", "test", "production"}:
    raise ImproperlyConfigured("ENVIRONMENT must be demo, test or production.")
DEMO = ENVIRONMENT != "production"
DEBUG = env.bool("DEBUG", default=False)
DEFAULT_SECRET_KEY = "demonstration-only-" + "0" * 48
SECRET_KEY = env.str("SECRET_KEY", default=DEFAULT_SECRET_KEY)
HTTPS = env.bool("HTTPS", default=ENVIRONMENT == "production")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEMO else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_X_FORWARDED_HOST = False

INSTALLED_APPS = [
    "config",
    "demo",
    "supervision",
    "command",
    "registers",
    "cases",
    "grid",
    "enforcement",
    "journal",
    "django.contrib.admin.apps.SimpleAdminConfig",  # finds nothing by itself: registers/views/lookup.py says what is shown
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "leaflet",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "axes",
    "csp",
]
if ENVIRONMENT == "production":
    INSTALLED_APPS.remove("demo")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.surfaces.SurfaceSessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.surfaces.SurfaceCsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "config.refusals.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.surfaces.page_context",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "config.templatetags.pages"],
        },
    }
]

# --- data ------------------------------------------------------------------------------------
if not env.str("DATABASE_URL", default=""):
    sys.exit("No database is set. Start through script/demo, script/test, script/server, or script/manage COMMAND instead of manage.py.")
# One role owns and migrates, another serves (journal rows are then out of the application's reach).
_owner_commands = {"migrate", "prepare"}
_url = "DATABASE_OWNER_URL" if _owner_commands & set(sys.argv[1:2]) else "DATABASE_URL"
DATABASES = {"default": env.db_url(_url, engine="django.contrib.gis.db.backends.postgis")}
DATABASES["default"]["CONN_MAX_AGE"] = None if env.bool("KEEP_CONNECTIONS", default=False) else 0
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if "host" in DATABASES["default"].get("OPTIONS", {}):  # a socket folder comes as an option of the address
    DATABASES["default"]["HOST"] = DATABASES["default"]["OPTIONS"].pop("host")
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)  # seconds: a host that is gone must not hold a request
# Compiling a statement takes PostgreSQL longer than any of ours runs: figures of a month took a second and a half less without.
DATABASES["default"]["OPTIONS"].setdefault("options", "-c jit=off")
DATABASE_APP_ROLE = env.db_url("DATABASE_URL")["USER"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = ["gis.W001"]  # geometries are built from validated numbers and GeoJSON only

# Old values of the registers (journal.history): what was said about a change stands in its row; rows are only ever added.
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(related_name="history")
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_FIELD = pghistory.Field(db_index=False)
PGHISTORY_APPEND_ONLY = True

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://") if REDIS_URL.startswith("unix:") else REDIS_URL
if REDIS_URL.startswith("unix:"):  # kombu spells the database of a socket differently
    CELERY_BROKER_URL = CELERY_BROKER_URL.replace("?db=", "?virtual_host=")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "socket_timeout": 5.0,
    "socket_connect_timeout": 0.5,
    "max_retries": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE = {
    "stamp-schedule": {"task": "config.tasks.stamp_schedule", "schedule": 10.0},
    "sweep-imports": {"task": "registers.tasks.sweep_imports", "schedule": 30.0},
    "sweep-intake": {"task": "cases.tasks.sweep", "schedule": 60.0},
    "clear-sign-ins": {"task": "enforcement.tasks.clear_sign_ins", "schedule": 24 * 3600.0},
    "roll-duty": {"task": "enforcement.tasks.roll_duty", "schedule": 6 * 3600.0},
    "print-rosters": {"task": "cases.tasks.print_rosters", "schedule": 60.0},
    "seal-journal": {"task": "cases.tasks.seal_journal", "schedule": 3600.0},
    "send-messages": {"task": "command.tasks.send_messages", "schedule": 10.0},
    "keep-spent": {"task": "supervision.tasks.keep_spent", "schedule": 60.0},
    "clear-tracks": {"task": "command.tasks.clear_tracks", "schedule": 24 * 3600.0},
}

# Text messages and calls to officers who have not looked at an order (integrations/messages/README.md); "": none go out.
MESSAGE_GATEWAY_URL = env.str("MESSAGE_GATEWAY_URL", default="")
MESSAGE_GATEWAY_SECRET = env.str("MESSAGE_GATEWAY_SECRET", default="")

MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
KEYS_DIR = Path(env.str("KEYS_DIR", default=str(VAR_DIR / "keys")))
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 12
PHOTO_MAX_BYTES = 20 * 1024 * 1024
PHOTO_MAX_COUNT = 6
MEDIA_KEEP_FREE_BYTES = env.int("MEDIA_KEEP_FREE_MB", default=1024) * 1024 * 1024  # below it the public's photos are refused
# Public forms: (calls, seconds) for one address. Beyond "proved" and "unproved" a report is held for a person to look at,
# beyond "reports" and the others the answer is 429. Mobile carriers put thousands of phones behind one address.
PUBLIC_LIMITS = {
    "reports": (120, 600),
    "proved": (40, 600),
    "unproved": (5, 600),  # without JavaScript there is no proof of work
    "photos": (120, 600),
    "challenges": (120, 600),
    "places": (240, 600),
    "tracking": (120, 600),
    "portraits": (2400, 600),  # thirty on a page
    "verify": (240, 600),  # certificates asked for at doors
    "pairing": (20, 600),  # codes that let a screen in
    "sign_in": (600, 600),  # each costs the server 0.1 s and 100 MB for a moment, whatever the password
}
CHALLENGE_EFFORT = env.int("CHALLENGE_EFFORT", default=60_000)  # hashes: about a second on an old phone
FORM_MINIMUM_SECONDS = 3  # nobody fills in the form faster
# Where the public reaches this site: what QR codes on printed sheets say. A page in a browser knows it from the request.
_host = next((host for host in ALLOWED_HOSTS if "*" not in host), "localhost")
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/") or f"{'https' if HTTPS else 'http'}://{_host}"
# nginx serves protected files after Django said yes; without nginx Django streams them itself
MEDIA_ACCEL_PREFIX = env.str("MEDIA_ACCEL_PREFIX", default="")

# --- people ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "enforcement.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "config/locked_out.html"
AXES_CLIENT_IP_CALLABLE = "cases.ratelimit.network"
# Sign-ins and failures are kept for whoever looks back, at least six months (网络安全法 21), and cleared after these days.
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_ACCESS_FAILURE_LOG_PER_USER_LIMIT = 1_000_000  # beyond it axes deletes; the age below clears
SIGN_IN_LOG_DAYS = env.int("SIGN_IN_LOG_DAYS", default=400)
SIGN_IN_LOG_LEAST_DAYS = 184
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "config.refusals.csrf_failure"
# Seconds without an action of the person (not of the page) after which a staff session ends.
IDLE_SECONDS = env.int("IDLE_SECONDS", default=1800)

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if HTTPS else None
SECURE_HSTS_SECONDS = 31536000 if ENVIRONMENT == "production" else 0
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "media-src": [SELF, "blob:"],
        "worker-src": [SELF, "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": [SELF],  # all our browsers know it: no X-Frame-Options beside it
    }
}
PERMISSIONS_POLICY = {"geolocation": ["self"], "camera": ["self"], "screen-wake-lock": ["self"], "microphone": []}

# --- language, time, files -------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
VENDOR_ROOT = VAR_DIR / "vendor"  # front-end libraries, filled from package-lock.json by script/bootstrap
STATICFILES_DIRS = [BASE_DIR / "static", *([VENDOR_ROOT] if VENDOR_ROOT.is_dir() else [])]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "config.static.StaticFilesStorage"},
}

LEAFLET_CONFIG = {
    "TILES": [],
    "RESET_VIEW": False,
    "ATTRIBUTION_PREFIX": "",
    "FORCE_IMAGE_PATH": True,
    "NO_GLOBALS": False,
}
# Pictures of a map service under our own drawing, through our own cache only (integrations/tiles/README.md, grid/tiles.py).
TILE_SOURCES = env.str("TILE_SOURCE", default="").split()  # one address, or several to be laid over one another
TILE_KEY = env.str("TILE_KEY", default="")  # stays on the server
TILE_ATTRIBUTION = env.str("TILE_ATTRIBUTION", default="")
TILE_APPROVAL_NUMBER = env.str("TILE_APPROVAL_NUMBER", default="")  # 审图号 of the service's map (地图管理条例 15)
TILE_SYSTEM = env.str("TILE_SYSTEM", default="cgcs2000").lower()
TILE_ZOOMS = env.str("TILE_ZOOMS", default="9-17")
TILE_CACHE_MB = env.int("TILE_CACHE_MB", default=2048)
TILE_MAX_AGE_DAYS = env.int("TILE_MAX_AGE_DAYS", default=180)

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["cases.api.authentication.ClientKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "config.refusals.api_exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": _("Integrated enforcement command platform"),
    "VERSION": "1.0.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_INCLUDE_SCHEMA": False,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},  # its own would mail what failed to ADMINS, with the form and all variables
        "axes": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},  # it names every rule of screens that paper does not have
        "fontTools": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},  # it names whole addresses: keys stand in them
        "django.request": {"level": "ERROR"},
    },
}
