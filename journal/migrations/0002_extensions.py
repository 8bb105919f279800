"""btree_gist lets an exclusion constraint compare keys and ranges together (duty never overlaps)."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    run_before = [("enforcement", "0001_initial")]
    operations = [BtreeGistExtension()]
