"""One file, read from the environment. What an administrator changes while the desk runs lives in the room `desk`."""

from urllib.parse import urlsplit

from deskhand.config import environment
from deskhand.core import crypto

DATA = environment.data_folder()
PORT = int(environment.text("PORT", "8000"))
PUBLIC_URL = environment.text("PUBLIC_URL", f"http://localhost:{PORT}").rstrip("/")
SECRET_KEY = environment.text("SECRET_KEY") or crypto.read_key(DATA / "secret.key")
DEBUG = False

_host = urlsplit(PUBLIC_URL).hostname or "localhost"
_https = PUBLIC_URL.startswith("https://")
# Until the desk is set up its public name is unknown, and every page but the set-up link says only "not set up yet".
IS_SET_UP = environment.text("DESKHAND_SET_UP", "1") == "1"
ALLOWED_HOSTS = [_host, "localhost", "127.0.0.1", "[::1]"] if IS_SET_UP else ["*"]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "django_htmx",
    "deskhand.core",
    "deskhand.desk",
    "deskhand.accounts",
    "deskhand.entitlements",
    "deskhand.tickets",
    "deskhand.mail",
    "deskhand.automation",
    "deskhand.notifications",
    "deskhand.blueprint",
    "deskhand.ui",
    "deskhand.staff",
    "deskhand.portal",
]

MIDDLEWARE = [
    "deskhand.config.logs.Requests",
    "deskhand.ui.http.SecurityHeaders",
    "deskhand.ui.packing.Packing",
    "deskhand.config.health.Health",
    "deskhand.ui.assets.Assets",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "deskhand.ui.uploads.Uploading",
    "django.middleware.csrf.CsrfViewMiddleware",
    "deskhand.ui.visitor.Visitor",
    "deskhand.ui.http.PersonalTimeAndLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "deskhand.ui.way_back.WayBack",
    "deskhand.ui.gates.Gate",
    "deskhand.ui.full.FullDisk",
    "deskhand.realtime.page.ListenFrom",
]

ROOT_URLCONF = "deskhand.config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [environment.PACKAGE / room / "templates" for room in ("ui", "portal", "staff", "api", "mail")],
        "OPTIONS": {"environment": "deskhand.ui.jinja.environment"},
    },
    {  # allauth asks for a Django engine in a few paths that we never reach with a template of its own
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]

DATABASES = {"default": environment.database(environment.text("DATABASE_URL"), DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "deskhand.accounts.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600  # seconds; ASVS 6.5: short, single use

SESSION_ENGINE = "deskhand.accounts.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "deskhand.ui.http.forgery"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_SSL_REDIRECT = False  # the proxy in front does that; it alone knows its own port
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002"]  # ui.http.SecurityHeaders sends what these miss

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        # With Django's 300 whoever sends from many addresses pushes out the count of the account they guess at.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [environment.PACKAGE / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 200  # what a person may attach in an hour: tickets.attachments.MOST_AN_HOUR
FILES_URL = environment.files(environment.text("FILES_URL"))
FORM_RENDERER = "django.forms.renderers.Jinja2"  # a choice among 430 time zones costs a third
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

vars().update(environment.smtp(environment.text("SMTP_URL")))
EMAIL_TIMEOUT = 20  # seconds; Django's default waits for ever
MAIL_FROM = environment.text("MAIL_FROM", f"support@{_host if '.' in _host else 'localhost.localdomain'}")
MAIL_WINDOW_S = int(environment.text("MAIL_WINDOW_S", "20"))
MAIL_GATHER_S = int(
    environment.text("MAIL_GATHER_S", str(6 * MAIL_WINDOW_S))
)  # two minutes, unless replies leave sooner
OUTBOUND_ALLOW = environment.outbound(environment.text("OUTBOUND_ALLOW"))

# allauth: what a person may do to get in. Its pages and mails are ours (portal/templates/account, mail.adapter).
ACCOUNT_ADAPTER = "deskhand.mail.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "deskhand.portal.forms_account.SignInForm",
    "signup": "deskhand.portal.forms_account.SignUpForm",
    "request_login_code": "deskhand.portal.forms_account.CodeRequestForm",
    "confirm_login_code": "deskhand.portal.forms_account.CodeForm",
    "reset_password": "deskhand.portal.forms_account.ForgottenPasswordForm",
    "reset_password_from_key": "deskhand.portal.forms_account.NewPasswordForm",
    "change_password": "deskhand.portal.forms_account.ChangePasswordForm",
    "reauthenticate": "deskhand.portal.forms_account.ItIsYouForm",
    "add_email": "deskhand.portal.forms_account.AddAddressForm",
}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a new password or first address is announced to the old address (E10)
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"length": 6, "numeric": True, "dashed": False}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600  # seconds; three tries at one of a million codes
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # this session stays, all others end
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that registered; elsewhere the password is asked
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "/account/addresses/"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {  # counted in the shared cache: per account (key), per address (ip), and all together
    "login_failed": "10/m/ip,5/5m/key",
    "login_anywhere": "600/m/key",
    "invitation": "20/m/ip,600/m/key",
    "sign_on": "60/m/ip",  # a signed link's button; an office has one address
    "sign_on_source": "600/m/key",
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "deskhand.config.logs.Line", "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "deskhand.config.logs.Json"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": environment.one_of("LOG_FORMAT", "text", "json")}
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "deskhand": {"level": environment.one_of("LOG_LEVEL", "INFO", "DEBUG", "WARNING", "ERROR")},
        "deskhand.request": {"level": "INFO" if environment.text("LOG_REQUESTS") == "1" else "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
