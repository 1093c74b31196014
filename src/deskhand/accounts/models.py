"""People, and what they belong to."""

from importlib import import_module
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from deskhand.accounts.roles import PERMISSIONS, STAFF, Role
from deskhand.core.zones import time_zones


class Organization(models.Model):
    """A customer company. Its managers see the tickets its members open (S4.17)."""

    name = models.CharField(_("Name"), max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="organization_name_once")]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    """Named selections of people."""

    def active(self) -> Self:
        return self.filter(is_active=True)

    def staff(self) -> Self:
        return self.filter(role__in=STAFF)

    def customers(self) -> Self:
        return self.filter(role=Role.CUSTOMER)

    def visible_to(self, user: "User") -> Self:
        """Staff see everybody; a manager sees the members of the own organization; anybody sees themselves."""
        if user.can("people.read"):
            return self
        if user.is_manager and user.organization_id:
            return self.filter(models.Q(pk=user.pk) | models.Q(organization_id=user.organization_id))
        return self.filter(pk=user.pk)


class UserManager(BaseUserManager["User"]):
    """Looks people up by the name they sign in with."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, user: "User") -> UserQuerySet:
        return self.get_queryset().visible_to(user)

    def staff(self) -> UserQuerySet:
        return self.get_queryset().staff()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person. `activated_at` is empty until an invited person has set a password (S2.4: invited → active)."""

    email = models.EmailField(_("E-mail"), max_length=254, unique=True)
    username = models.CharField(_("Username"), max_length=60, null=True, blank=True, default=None)  # noqa: DJ001 - most people have none, and it is unique
    name = models.CharField(_("Name"), max_length=120)
    role = models.CharField(_("Role"), max_length=8, choices=Role, default=Role.CUSTOMER)
    organization = models.ForeignKey(Organization, models.SET_NULL, null=True, blank=True, related_name="members")
    is_manager = models.BooleanField(_("Manager of the organization"), default=False)
    is_active = models.BooleanField(default=True)
    time_zone = models.CharField(_("Time zone"), max_length=60, blank=True, default="")
    language = models.CharField(_("Language"), max_length=12, blank=True, default="")
    created_at = models.DateTimeField()
    invited_at = models.DateTimeField(null=True, blank=True)
    invited_by = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    activated_at = models.DateTimeField(null=True, blank=True)
    mails_off = models.JSONField(
        default=list, blank=True
    )  # kinds of `notifications.matrix` this person does not want (S5.15)
    is_password_temporary = models.BooleanField(default=False)  # an administrator chose it: replaced at sign-in (S4.2)
    session_epoch = models.PositiveIntegerField(default=0)  # one more, and every open session of this person is over

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.UniqueConstraint(Lower("username"), name="user_username_once"),
            models.CheckConstraint(
                condition=models.Q(username=None) | ~models.Q(username__contains="@"), name="username_is_no_email"
            ),
        ]
        indexes = [
            models.Index(fields=["organization"], name="user_organization"),
            models.Index(fields=["role"], name="user_role"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def is_staff(self) -> bool:
        """Works in the staff surface."""
        return self.role in STAFF

    @property
    def start_page(self) -> str:
        """Where a sign-in leads when no page was asked for: the workspace or the portal."""
        return "/desk/" if self.is_staff else "/"

    @property
    def is_invited(self) -> bool:
        """Has an account but never set it up."""
        return self.activated_at is None

    def can(self, permission: str) -> bool:
        """Has the permission by role; an inactive person has none. Unknown names raise KeyError in tests by policy."""
        return self.is_active and permission in PERMISSIONS[self.role]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must carry to stay this person's: changes with the password and with `session_epoch`."""
        value = f"{self.session_epoch}:{self.password}"
        return salted_hmac("deskhand.session", value, secret=secret, algorithm="sha256").hexdigest()

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()
        self.username = self.username or None
        if self.time_zone and self.time_zone not in time_zones():
            words = _("%(name)s is not a time zone we know.")
            raise ValidationError({"time_zone": ValidationError(words, params={"name": self.time_zone})})


class SessionManager(BaseSessionManager["Session"]):
    """Reads a session and its person in one query."""

    def get_queryset(self) -> models.QuerySet["Session"]:
        return super().get_queryset().select_related("user__organization")


class Session(AbstractBaseSession):
    """A browser that was here. `user` is who is signed in there; what the sealed data says decides."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")

    objects: ClassVar[SessionManager] = SessionManager()

    @classmethod
    def get_session_store_class(cls) -> "type[SessionBase]":
        return import_module(settings.SESSION_ENGINE).SessionStore  # type: ignore[no-any-return]  # read from a name


class ApiToken(models.Model):
    """Lets a program act as its owner, with the owner's rights of that moment and within `scopes`. Only a hash is kept."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("Name"), max_length=80)
    scopes = models.JSONField(default=list)  # see `accounts.tokens.Scope`
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the secret, in hexadecimal
    ending = models.CharField(max_length=4)  # the secret's last characters, so that its owner knows it again
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)  # to the hour
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class SignOnSource(models.Model):
    """A product of the customer's own whose users may come in by a signed link (S5.3). `secret` is sealed."""

    slug = models.SlugField(max_length=40, unique=True)  # the token's `iss`
    name = models.CharField(_("Name"), max_length=80)
    secret = models.TextField()
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Identity(models.Model):
    """Who somebody is at a source: what a signed link names; an address alone opens no account that is there."""

    source = models.ForeignKey(SignOnSource, models.CASCADE, related_name="identities")
    external_id = models.CharField(max_length=200)
    user = models.ForeignKey(User, models.CASCADE, related_name="identities")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="identity_once")]

    def __str__(self) -> str:
        return f"{self.external_id} at {self.source_id}"


class UsedSignOn(models.Model):
    """A signed link that was used: its `jti` works once. Swept when no token of that age would be taken any more."""

    source = models.ForeignKey(SignOnSource, models.CASCADE, db_index=False)
    jti = models.CharField(max_length=200)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "jti"], name="sign_on_once")]

    def __str__(self) -> str:
        return self.jti


class Team(models.Model):
    """Agents who share tickets. A private team's tickets are seen by its members, leads and administrators only."""

    name = models.CharField(_("Name"), max_length=80)
    is_private = models.BooleanField(
        _("Private: only members, leads and administrators see its tickets"), default=False
    )
    members: "models.ManyToManyField[User, Any]" = models.ManyToManyField(
        User, related_name="teams", through="TeamMember"
    )

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="team_name_once")]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """An agent in a team."""

    team = models.ForeignKey(Team, models.CASCADE)
    user = models.ForeignKey(User, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="team_member_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
