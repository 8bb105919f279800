"""Django's admin for the system administrator: lists and rows of the registers, to read. It adds, changes and deletes nothing, has no
sign-in of its own, and opens with the session of the registers' surface."""

from functools import wraps

from django.contrib import admin
from django.http import Http404
from django.urls import path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.access import staff
from enforcement.roles import Role
from registers.lookup import DEEPER, REGISTERS, Register, label, words
from registers.sections import sections_for

SYSTEM = frozenset({Role.SYSTEM_ADMIN})


class Lookup(admin.AdminSite):
    site_title = site_header = index_title = ""
    site_url = None
    enable_nav_sidebar = False
    labels: dict = {}
    index_template = app_index_template = "admin/index.html"

    def has_permission(self, request) -> bool:
        return request.user.is_active and getattr(request.user, "role", "") in SYSTEM

    def admin_view(self, view, cacheable=False):
        """The door of all its pages: as every page of the registers, for reading only."""
        return require_safe(never_cache(staff(roles=SYSTEM)(view)))

    def get_urls(self):
        labels = "|".join(sorted({one.model._meta.app_label for one in REGISTERS}))
        return [
            path("", self.admin_view(self.index), name="index"),
            re_path(rf"^(?P<app_label>{labels})/$", self.admin_view(self.app_index), name="app_list"),
            *(route for one in self._registry.values() for route in one.get_urls()),
        ]

    def each_context(self, request) -> dict:
        return super().each_context(request) | {"sections": sections_for(request.user), "here": "admin:index", "title": None}

    def get_app_list(self, request, app_label=None):
        """One list of all registers, called as everywhere else; Django would sort them by app."""
        found = super().get_app_list(request, app_label)
        for app in found:
            app["name"] = ""
            for model in app["models"]:
                model["name"] = str(self.labels[model["model"]])
        return found


def _column(model, name: str):
    def cell(self, row):
        return words(row, name)

    cell.short_description = label(model, name)
    cell.__name__ = f"column_{name}"
    return cell


class RegisterAdmin(admin.ModelAdmin):
    """Lists and shows; whatever would write is not even an address."""

    register: Register
    actions = None
    list_per_page = 50
    show_full_result_count = False
    change_list_template, change_form_template = "admin/lookup_list.html", "admin/lookup_row.html"

    def lookup_allowed(self, lookup, value, request=None) -> bool:
        """None: Django would answer questions about any field of the model, a password's hash sign by sign among them."""
        return False

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        base = f"{self.opts.app_label}/{self.opts.model_name}/"
        return [
            path(base, self._door(self.changelist_view), name=f"{name}_changelist"),
            path(f"{base}<int:object_id>/", self._door(self._row), name=f"{name}_change"),
        ]

    def _door(self, view):
        @wraps(view)
        def named(request, *args, **kwargs):
            return view(request, *args, extra_context={"title": self.register.label, "subtitle": None}, **kwargs)

        return self.admin_site.admin_view(named)

    def _row(self, request, object_id, extra_context):
        if not self.model._default_manager.filter(pk=object_id).exists():
            raise Http404
        return self.changeform_view(request, str(object_id), "", extra_context)

    def has_view_permission(self, request, obj=None) -> bool:
        return self.admin_site.has_permission(request)

    def has_module_permission(self, request) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


def _admin_of(one: Register) -> type[RegisterAdmin]:
    columns = {f"column_{name}": _column(one.model, name) for name in one.columns}
    fields = [one.model._meta.get_field(name) for name in one.columns]
    related = [f"{field.name}{DEEPER.get(field.related_model, '')}" for field in fields if field.is_relation]
    return type(f"{one.model.__name__}Lookup", (RegisterAdmin,), {
        **columns, "register": one, "fields": tuple(columns), "readonly_fields": tuple(columns), "list_display": tuple(columns)[: one.listed],
        "search_fields": one.searched, "list_select_related": tuple(related) or False, "ordering": one.model._meta.ordering or ("pk",),
    })  # fmt: skip


site = Lookup(name="admin")
for _register in REGISTERS:
    site.register(_register.model, _admin_of(_register))
    Lookup.labels[_register.model] = _register.label
