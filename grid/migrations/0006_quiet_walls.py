from django.db import migrations

# Loaded counties get the new settings; a load of county.toml gives them from now on.
ADD = """UPDATE grid_county SET options = '{"wall_quiet_s": 300, "wall_dim_hours": []}' || options, rules_version = rules_version + 1
         WHERE NOT options ?& ARRAY['wall_quiet_s', 'wall_dim_hours']"""


class Migration(migrations.Migration):

    dependencies = [('grid', '0005_heat_least')]

    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
