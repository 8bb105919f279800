import django.db.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enforcement", "0003_names_and_administrators")]
    operations = [
        migrations.RemoveField(
            model_name='organisation',
            name='present_name',
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('role__in', ['audit_admin', 'security_admin', 'system_admin']), _negated=True), models.Q(('staff_number', ''), _negated=True), ('is_active', False), _connector='OR'), name='administrator_is_a_known_person'),
        ),
    ]
