"""Reports, cases and what belongs to them; the county's rules as data."""

from .case import Case, CaseQuerySet
from .conduct import NamedRule
from .guest import GuestCentre
from .kept import CategoryItem
from .offers import CentreOffer
from .part import JointPart
from .report import Contact, Photo, Report, Used
from .rounds import Finding, Handover, Lead, Order, Pause, Rework
from .rules import ApiClient, Category, RoutingRule, SendingRule, TargetClass, TargetRule
from .search import PhoneSearch, SearchText

__all__ = [
    "ApiClient",
    "Case",
    "CaseQuerySet",
    "Category",
    "CategoryItem",
    "CentreOffer",
    "Contact",
    "Finding",
    "GuestCentre",
    "Handover",
    "JointPart",
    "Lead",
    "NamedRule",
    "Order",
    "Pause",
    "PhoneSearch",
    "Photo",
    "Report",
    "Rework",
    "RoutingRule",
    "SearchText",
    "SendingRule",
    "TargetClass",
    "TargetRule",
    "Used",
]
