"""The county's rules whose old values are kept (journal.history)."""

from journal.history import keep

from .rules import Category, RoutingRule, SendingRule, TargetClass, TargetRule


class CategoryItem(Category.items.through):
    """That an item belongs to a category."""

    class Meta:
        proxy = True


keep(TargetClass, Category, RoutingRule, TargetRule, SendingRule, CategoryItem)
