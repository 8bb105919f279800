from django.db import migrations

# Loaded counties get the new setting; a load of county.toml gives it from now on.
ADD = """UPDATE grid_county SET options = options || '{"heat_least": 3}', rules_version = rules_version + 1 WHERE NOT options ? 'heat_least'"""


class Migration(migrations.Migration):

    dependencies = [('grid', '0004_speeds_and_ways')]

    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
