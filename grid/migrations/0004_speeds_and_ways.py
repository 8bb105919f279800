from django.db import migrations

WAYS = [["page", 20], ["sms", 20], ["voice", 20], ["leader", 0]]


def forward(apps, schema_editor):
    """Counties that are loaded keep their two speeds in the new form, and reach officers in the usual ways until their file says otherwise."""
    for county in apps.get_model("grid", "County").objects.all():
        options = county.options
        if "speeds" not in options:
            old = options.pop("speed_kmh", {"default": 25})
            options["speeds"] = [*([{"in_seat": True, "kmh": old["seat"]}] if "seat" in old else []), {"kmh": old["default"]}]
        options.setdefault("order_ways", WAYS)
        options.setdefault("help_answer_s", 30)
        county.save(update_fields=["options"])


class Migration(migrations.Migration):
    dependencies = [("grid", "0003_first_states")]
    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
