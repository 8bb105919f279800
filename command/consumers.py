"""Which audience a member of staff listens to on each surface. The same union as `visible_to`, by construction of the boards."""

from enforcement.models import Officer, User


def of_centre(kind: str):
    """Audience "<kind>.<centre>" of the user's centre; the county centre's hears of every case."""

    def audience(user: User) -> str | None:
        return f"{kind}.{user.centre.pk}" if user.centre else None

    return audience


def of_officer(user: User) -> str | None:
    """The officer's own dispatches."""
    pk = Officer.objects.filter(user=user).values_list("pk", flat=True).first()
    return f"officer.{pk}" if pk else None


AUDIENCES = {
    "wall": of_centre("wall"),
    "command": of_centre("centre"),
    "supervision": of_centre("supervision"),
    "officer": of_officer,
}
