from django.db import migrations

from journal.history import seed


def first_states(apps, schema_editor):
    """What is there already is the first state of its history."""
    seed(apps, "journal")


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_histories")]
    operations = [migrations.RunPython(first_states, migrations.RunPython.noop)]
