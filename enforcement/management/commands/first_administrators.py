"""The three administrators of a new installation, with passwords that are printed once and changed at the first sign-in.

    manage.py first_administrators --system 1001:李明 --security 1002:王芳 --audit 1003:赵强
"""

from django.core.management.base import BaseCommand, CommandError

from enforcement import accounts
from enforcement.models import Organisation
from enforcement.roles import Role
from journal.refused import Refused

POSTS = {"system": Role.SYSTEM_ADMIN, "security": Role.SECURITY_ADMIN, "audit": Role.AUDIT_ADMIN}


class Command(BaseCommand):
    help = "Make the three administrators of a new installation (three persons), once."

    def add_arguments(self, parser):
        for name, post in POSTS.items():
            parser.add_argument(f"--{name}", required=True, metavar="NUMBER:NAME", help=f"staff number and name of the {post.value}")

    def handle(self, *args, **options):
        people = {}
        for name, post in POSTS.items():
            number, colon, person = options[name].partition(":")
            if not colon or not number.strip() or not person.strip():
                raise CommandError(f"--{name}: write the staff number, a colon and the name, as in 1001:李明")
            people[post.value] = (person, number)
        centre = Organisation.objects.filter(kind=Organisation.Kind.COUNTY_CENTRE, is_active=True).first()
        if centre is None:
            raise CommandError("No county is loaded: run load_county FOLDER first.")
        try:
            handed = accounts.first_administrators(people, organisation=centre)
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from None
        for one in handed:
            self.stdout.write(f"{one.user.get_role_display()}\t{one.user.name}\t{one.user.username}\t{one.password}")
        self.stdout.write("Shown once. Each signs in at /registers/ and chooses a password of his own.")
