from datetime import date

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Concat
from django.db.models import CharField, Value
from django.db.models.functions import Cast


def carry_over(apps, schema_editor):
    """The present names become names over time (the reform of 2018-2019); the one administrator's post becomes the system administrator's."""
    Organisation, Name = (apps.get_model("enforcement", name) for name in ("Organisation", "OrganisationName"))
    Name.objects.bulk_create(
        Name(organisation=row, name=row.present_name, valid_from=date(2019, 4, 1)) for row in Organisation.objects.exclude(present_name="")
        if row.present_name != row.name
    )
    apps.get_model("enforcement", "User").objects.filter(role="administrator").update(
        role="system_admin", staff_number=Concat(Value("A-"), Cast(F("pk"), CharField()))
    )


class Migration(migrations.Migration):
    dependencies = [("enforcement", "0002_authority")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
