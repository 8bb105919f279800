"""What every page of the registers shows around its content."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registers.sections import sections_of


def page(request: HttpRequest, template: str, *, here: str, status: int = 200, known: dict[str, int] | None = None, **context) -> HttpResponse:
    """A page in the registers' frame; `here`: the url name of its section; `known`: figures of sections that need not be counted again."""
    return render(request, template, {"sections": sections_of(request.user, known), "here": here, **context}, status=status)
