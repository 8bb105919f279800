from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_first_states")]

    operations = [
        migrations.AddIndex(model_name="case", index=models.Index(fields=["centre", "due_at"], name="case_centre_due")),
    ]
