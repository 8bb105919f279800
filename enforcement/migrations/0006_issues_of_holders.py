from django.db import migrations

from journal import clock


def carry_over(apps, schema_editor):
    """Who holds something had it issued at some time that nobody wrote down: it counts from now."""
    Equipment, Issue = (apps.get_model("enforcement", name) for name in ("Equipment", "EquipmentIssue"))
    known = Issue.objects.filter(returned_at__isnull=True).values("equipment")
    Issue.objects.bulk_create(
        Issue(equipment=row, officer_id=row.holder_id, issued_at=clock.now(), issued_by="—")
        for row in Equipment.objects.exclude(holder=None).exclude(pk__in=known)
    )


class Migration(migrations.Migration):
    dependencies = [("enforcement", "0005_duty_by_hand")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
