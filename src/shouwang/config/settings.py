"""Django settings: one file over the typed readers of ``env``."""

from __future__ import annotations

import secrets
from pathlib import Path

from csp.constants import NONE, SELF

from shouwang.config import env
from shouwang.lib import clock

DATA_DIR = env.folder("DATA_DIR", Path("var"))
DATA_DIR.mkdir(parents=True, exist_ok=True)
LAKE_DIR = DATA_DIR / "lake"
KEY_DIR = env.folder("KEY_DIR", DATA_DIR / "keys")
DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
PINNED_TODAY = env.day("TODAY")
if PINNED_TODAY is not None:
    clock.pin(PINNED_TODAY)

SECRET_KEY = env.secret("SECRET_KEY")
if not SECRET_KEY:
    _secret_file = DATA_DIR / "secret_key"
    if not _secret_file.exists():
        _secret_file.touch(mode=0o600)
        _secret_file.write_text(secrets.token_urlsafe(50), encoding="utf-8")
    SECRET_KEY = _secret_file.read_text(encoding="utf-8")
ALLOWED_HOSTS = env.names("HOSTS", ("localhost", "127.0.0.1", "[::1]"))

INSTALLED_APPS = [
    "shouwang.apps.audit",
    "shouwang.apps.jobs",
    "shouwang.apps.accounts",
    "shouwang.apps.areas",
    "shouwang.apps.registry",
    "shouwang.apps.exchange",
    "shouwang.apps.assessment",
    "shouwang.apps.monitoring",
    "shouwang.apps.reports",
    "shouwang.apps.dossier",
    "axes",
    "csp",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "shouwang.apps.accounts.middleware.ActorMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "shouwang.config.urls"
WSGI_APPLICATION = "shouwang.config.wsgi.application"
_HERE = Path(__file__).resolve().parent
STATICFILES_DIRS = [_HERE / "static"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shouwang.apps.accounts.context.shell",
            ]
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "shouwang.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_LOCKOUT_CALLABLE = "shouwang.apps.accounts.views.locked_out"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
HTTPS = env.flag("HTTPS")
SESSION_COOKIE_AGE = env.number("SESSION_MINUTES", 30) * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # village offices share computers
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # messages name people: not in a cookie
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.number("HSTS_DAYS", 365) * 86_400 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "shouwang.apps.accounts.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.flag("HASHED_STATIC")
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not env.flag("HASHED_STATIC")
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
MAX_FEED_FILE_BYTES = env.number("MAX_FEED_FILE_MB", 512) * 1024 * 1024
GATE_PERMILLE = env.number("GATE_PERMILLE", 50)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"axes": {"level": "ERROR"}},
}
SILENCED_SYSTEM_CHECKS = [
    "axes.W006",  # locking the name alone is meant: whole offices share one address, and guesses come from many
    "security.W005",  # HSTS for sub-domains: what is served below our host name is not ours to decide
    "security.W021",  # HSTS preload lists are for the public internet
]
