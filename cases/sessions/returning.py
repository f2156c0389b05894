"""Where one goes on after a meeting is settled: to the list or the week that one came from."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict
from django.urls import reverse

LISTS = ("cases:today", "cases:unresolved_sessions", "cases:calendar")


def way_back(request: HttpRequest) -> str:
    """The address that `back` gives, if it is that of such a list, as it was narrowed down there; else nothing.

    It is put together anew: nobody is sent to another place by a link that somebody else has made.
    """
    path, _mark, query = (request.POST.get("back") or request.GET.get("back") or "").partition("?")
    if path not in map(reverse, LISTS):
        return ""
    query = QueryDict(query).urlencode()
    return f"{path}?{query}" if query else path
