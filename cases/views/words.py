"""What `report.js` says: sentences for the page's script, in the page's language."""

from django.utils.translation import gettext as _


def report_words() -> dict[str, str]:
    """Names as the script knows them; {…} are filled there."""
    return {
        "send": _("Send straight to the command centre"),
        "need_text": _("First say what the matter is"),
        "need_place": _("Say where it is"),
        "sending": _("Sending …"),
        "uploading": _("The photos are still on their way; it is sent by itself when they are there."),
        "offline": _("No connection. Everything is kept on this page; press again when you have a network."),
        "large_type": _("Large type"),
        "normal_type": _("Normal type"),
        "between": _(". "),
        "photo_wanted": _("A photo helps here"),
        "point": _("Position set"),
        "accuracy": _(" · within about {metres} m"),
        "rough": _("The position is rough. Please check it on the map."),
        "outside": _("This place lies outside the county."),
        "locating": _("Finding your position …"),
        "no_position": _("This connection does not allow finding the position. Choose on the map or type a name."),
        "position_denied": _("Position was not allowed. Choose on the map or type a name."),
        "position_failed": _("The position was not found. Choose on the map or type a name."),
        "map_loading": _("Loading the map …"),
        "map_failed": _("The map could not be loaded. Type a street, village or grid instead."),
        "photos_most": _("At most {most} photos."),
        "photo_big": _("{name} is too large."),
        "photo_failed": _("The photo was not accepted. Choose another one."),
        "photo_offline": _("A photo did not get through. Touch it to try again."),
        "your_photo": _("Your photo"),
        "remove_photo": _("Remove this photo"),
        "again": _("Try again"),
    }
