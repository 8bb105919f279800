"""Screens on walls: each has an account of its own that only looks, and is let in by a link instead of a password."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enforcement.roles import Role

from .people import User

TURN_SECONDS = (5, 3600)  # between two scenes; 0: it stays with its first


class Screen(models.Model):
    """A screen (大屏终端) of a centre. Its name is its account's, its centre that of the account's unit. Acts are told on the account's thread."""

    class Scene(models.TextChoices):
        SITUATION = "situation", _("Situation")
        STAGES = "stages", _("Stages")
        BRIGADES = "brigades", _("Units")
        CAMERAS = "cameras", _("Cameras")
        PATROL = "patrol", _("Patrol")

    user = models.OneToOneField(User, models.PROTECT, primary_key=True, related_name="screen")
    scene = models.CharField(max_length=10, choices=Scene, default=Scene.SITUATION)  # the first one
    rotate_s = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=7, default=settings.LANGUAGE_CODE)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    link_hash = models.CharField(max_length=64, blank=True, default="")  # keyed, of the pairing code; "" when there is none to use
    link_until = models.DateTimeField(null=True, blank=True)
    paired_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)  # once a minute
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link_hash"], name="screen_link_once", condition=~Q(link_hash="")),
            models.CheckConstraint(
                condition=Q(link_hash="", link_until__isnull=True) | ~Q(link_hash="") & Q(link_until__isnull=False), name="screen_link_ends"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False, link_hash=""),
                name="screen_revoked_whole",
            ),
            models.CheckConstraint(condition=Q(rotate_s=0) | Q(rotate_s__range=TURN_SECONDS), name="screen_turns_slowly"),
        ]
        triggers = [
            pgtrigger.Protect(name="screen_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="screen_as_made", fields=["user", "made_by", "made_at"]),
            pgtrigger.Protect(  # nothing of it changes any more
                name="screen_stays_revoked", operation=pgtrigger.Update, condition=pgtrigger.Q(old__revoked_at__isnull=False),
            ),
            pgtrigger.Trigger(  # the other half is a trigger of the account
                name="screen_has_a_display", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.UpdateOf("revoked_at"),
                func=f"""
                    PERFORM 1 FROM enforcement_user u WHERE u.id = NEW.user_id FOR NO KEY UPDATE;  -- while somebody gives it another post
                    IF NOT EXISTS (SELECT 1 FROM enforcement_user u WHERE u.id = NEW.user_id AND u.role = '{Role.DISPLAY.value}'
                                   AND left(u.password, 1) = '!' AND NOT u.is_superuser AND NOT (u.is_active AND NEW.revoked_at IS NOT NULL)) THEN
                        RAISE EXCEPTION 'account % cannot be a screen''s', NEW.user_id
                            USING CONSTRAINT = 'screen_has_a_display', ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  our own name of a post
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.user.name

    @property
    def has_link(self) -> bool:
        """Whether a link was made that nobody has used yet; it may be over (`link_until`)."""
        return bool(self.link_hash)
