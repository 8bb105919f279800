"""What a restored county can still do, in a process of its own: `python -m tests.faults.afterwards` prints it as JSON."""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["MEDIA_ACCEL_PREFIX"] = ""
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import RequestFactory  # noqa: E402

from cases import photos, sealed  # noqa: E402
from cases.models import Contact, Photo, Report  # noqa: E402
from enforcement.models import User  # noqa: E402
from enforcement.roles import Role  # noqa: E402
from tests.cast import CaseMaker, Cast  # noqa: E402


def main() -> dict:
    before = Report.objects.count()
    received = CaseMaker(Cast()).report()
    contact = Contact.objects.filter(report__is_simulated=True).exclude(report__case=None).select_related("report__case").order_by("pk").first()
    reader = User.objects.filter(role=Role.DISPATCHER, organisation__centre=contact.report.case.centre_id).first()
    photo = Photo.objects.filter(state=Photo.State.READY).exclude(report=None).first()
    picture = b"".join(photos.serve_photo(RequestFactory().get("/"), photo).streaming_content)
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(current_user, 'journal_entry', 'UPDATE')")
        may_rewrite = cursor.fetchone()[0]
    call_command("verify_journal", verbosity=0, stdout=sys.stderr)
    return {
        "reports": [before, Report.objects.count()], "case": received.case.state, "phone": sealed.read_contact(
            contact.report, by=reader, reason="备份恢复演练")["phone"],
        "picture": picture[:3].hex(), "original": len(photos.read_original(photo)) == photo.size, "may_rewrite": may_rewrite,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main()))
