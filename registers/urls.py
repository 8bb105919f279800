"""Addresses of the registers, `/registers/…`."""

from django.urls import path

from registers.views import equipment, home, roster, swaps

urlpatterns = [
    path("", home.home, name="registers"),
    path("roster/", roster.show, name="registers-roster"),
    path("roster/add/", roster.add, name="registers-duty-add"),
    path("roster/changes/", roster.changes, name="registers-roster-changes"),
    path("roster/mine/", swaps.mine, name="registers-my-duty"),
    path("roster/mine/withdraw/", swaps.withdraw, name="registers-swap-withdraw"),
    path("roster/duties/<int:pk>/", roster.stretch, name="registers-duty"),
    path("roster/duties/<int:pk>/assign/", roster.assign, name="registers-duty-assign"),
    path("roster/duties/<int:pk>/leave/", roster.leave, name="registers-duty-leave"),
    path("roster/leaves/<int:pk>/end/", roster.end_leave, name="registers-leave-end"),
    path("roster/swaps/", swaps.waiting, name="registers-swaps"),
    path("roster/swaps/<int:pk>/approve/", swaps.decide, {"answer": "approve"}, name="registers-swap-approve"),
    path("roster/swaps/<int:pk>/refuse/", swaps.decide, {"answer": "refuse"}, name="registers-swap-refuse"),
    path("equipment-issue/", equipment.show, name="registers-equipment"),
    path("equipment-issue/issue/", equipment.issue, name="registers-equipment-issue"),
    path("equipment-issue/return/", equipment.give_back, name="registers-equipment-return"),
    path("equipment-issue/service/", equipment.service, name="registers-equipment-service"),
]
