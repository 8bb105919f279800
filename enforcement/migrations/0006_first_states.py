from collections import defaultdict

from django.db import migrations

from journal.history import seed

SHIFT = ("first_day", "every_days", "starts", "hours", "kind")


def name_watches(apps, schema_editor):
    """Whose patterns are the same belongs to one watch; the next load of the county's data gives it its name."""
    User, Shift = apps.get_model("enforcement", "User"), apps.get_model("enforcement", "Shift")
    patterns = defaultdict(set)
    for user, *shift in apps.get_model("enforcement", "DutyPattern").objects.values_list("user_id", *SHIFT):
        patterns[user].add(tuple(shift))
    watches = {}
    for user, shifts in sorted(patterns.items()):
        watches.setdefault(frozenset(shifts), []).append(user)
    for number, (shifts, users) in enumerate(watches.items(), start=1):
        User.objects.filter(pk__in=users).update(watch=f"W{number}")
        Shift.objects.bulk_create(
            Shift(watch=f"W{number}", name=f"S{place}", **dict(zip(SHIFT, shift, strict=True))) for place, shift in enumerate(sorted(shifts), start=1)
        )


def first_states(apps, schema_editor):
    """What is there already is the first state of its history."""
    seed(apps, "enforcement")


class Migration(migrations.Migration):
    dependencies = [("enforcement", "0005_shifts_and_history")]
    operations = [
        migrations.RunPython(first_states, migrations.RunPython.noop),
        migrations.RunPython(name_watches, migrations.RunPython.noop),
    ]
