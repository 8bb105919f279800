"""Reports, cases and what belongs to them; the county's rules as data."""

from .case import Case, CaseQuerySet
from .kept import CategoryItem
from .report import Contact, Photo, Report, Used
from .rounds import Finding, Handover, Lead, Order, Pause, Rework
from .rules import ApiClient, Category, RoutingRule, TargetClass, TargetRule

__all__ = [
    "ApiClient",
    "Case",
    "CaseQuerySet",
    "Category",
    "CategoryItem",
    "Contact",
    "Finding",
    "Handover",
    "Lead",
    "Order",
    "Pause",
    "Photo",
    "Report",
    "Rework",
    "RoutingRule",
    "TargetClass",
    "TargetRule",
    "Used",
]
