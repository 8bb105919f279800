"""Where: the county, its zones, who is responsible there, cameras."""

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from enforcement.models import Officer, Organisation
from journal.history import keep


class County(models.Model):
    """The one county of this installation. `rules_version` rises with each load, so that processes reread the rules."""

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80)
    outline = models.MultiPolygonField(srid=4326)
    map_approval_number = models.CharField(max_length=40, blank=True)  # 审图号; without it no outline on public pages
    home_lon = models.FloatField()
    home_lat = models.FloatField()
    home_zoom = models.PositiveSmallIntegerField(default=13)
    hotline = models.CharField(max_length=20, blank=True)
    grid_code_pattern = models.CharField(max_length=80)
    # working_hours [["08:30","12:00"], …], emergency numbers, speeds for the ETA, duplicate radius and window …
    options = models.JSONField(default=dict)
    rules_version = models.PositiveIntegerField(default=1)
    is_demo = models.BooleanField(default=False)
    only = models.BooleanField(default=True, editable=False, unique=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(only=True), name="county_is_one")]

    def __str__(self):
        return self.name


class Zone(models.Model):
    """A polygon with a code. Zones of one kind cover their parent without gap or overlap."""

    class Kind(models.TextChoices):
        TOWNSHIP = "township", _("Township")
        VILLAGE = "village", _("Village")
        GRID = "grid", _("Grid")
        AREA = "area", _("Patrol area")

    kind = models.CharField(max_length=12, choices=Kind)
    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=60)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    geometry = models.MultiPolygonField(srid=4326)
    is_seat = models.BooleanField(default=False)  # lies in the county seat
    is_demonstration = models.BooleanField(default=False)  # drawn for demonstration, not surveyed
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        indexes = [models.Index(fields=["kind", "code"], name="zone_kind_code")]

    def __str__(self):
        return self.name


class Responsibility(models.Model):
    """Who answers for a zone (责任到人)."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Responsible officer")
        PATROL = "patrol", _("Patrols here")
        HELPER = "helper", _("Village helper")

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="responsibilities")
    officer = models.ForeignKey(Officer, models.CASCADE, related_name="responsibilities")
    role = models.CharField(max_length=8, choices=Role)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["zone", "officer"], name="responsible_once")]


class Camera(models.Model):
    """A camera as a point. Its code has the 20 digits of GB/T 28181."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    group = models.CharField(max_length=24)
    point = models.PointField(srid=4326, geography=True)
    zone = models.ForeignKey(Zone, models.PROTECT, null=True, blank=True, related_name="cameras")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="cameras")
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)


class MapLine(models.Model):
    """Roads and water of the offline base map."""

    kind = models.CharField(max_length=12)  # road · street · water
    name = models.CharField(max_length=60, blank=True)
    geometry = models.LineStringField(srid=4326)
    is_demonstration = models.BooleanField(default=False)


# Old values are kept; of places without their shape.
keep(Responsibility, Camera)
keep(Zone, exclude=("geometry",))
keep(County, exclude=("outline", "rules_version", "only"))
