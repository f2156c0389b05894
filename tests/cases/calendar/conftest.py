"""The same Sunday noon and the same meetings as in the tests of sessions."""

from tests.cases.sessions.conftest import _now, annas_case, book, held, planned, unresolved  # noqa: F401 - fixtures
