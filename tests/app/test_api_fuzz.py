"""Whatever fits the OpenAPI document, or nearly does: no server error, no undocumented answer."""

from collections import Counter
from itertools import count
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.runtime import Runtime
from tests.app.conftest import Client
from tests.app.things import one_of_everything

#: Shares of the routes, so that workers can go through them at the same time.
PARTS = 4
#: The same of what is there: some answer otherwise when they are asked again, and then as before.
OFTEN_ENOUGH = 2
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_bounded = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Everything:
    """Ids of things that are there, made anew after something was removed."""

    def __init__(self, owner: Client, runtime: Runtime) -> None:
        self._owner, self._runtime, self._numbers = owner, runtime, count()
        self._made: dict[str, str] = {}

    def fill(self, parts: dict[str, Any]) -> dict[str, Any]:
        """The path parts, with those that are known replaced by what is there."""
        if not self._made:
            word = f"thing{next(self._numbers)}"
            self._made = one_of_everything(self._owner, self._runtime, word)
        return {name: self._made.get(name, value) for name, value in parts.items()}

    def question(self, case: Any) -> str:
        """What a filled case asks, whichever thing it is asked about."""
        parts = {name: name in self._made or value for name, value in case.path_parameters.items()}
        said = (case.query, case.headers, case.cookies, case.body)
        return repr((case.method, case.path, parts, *said))

    def forget(self) -> None:
        """Something was removed."""
        self._made = {}


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    ("database", "mode"),
    [("postgresql", GenerationMode.POSITIVE), ("sqlite", GenerationMode.NEGATIVE)],
    indirect=["database"],
)
def test_nothing_breaks(
    app: Flask, owner: Client, runtime: Runtime, mode: GenerationMode, part: int
) -> None:
    things, asked = Everything(owner, runtime), Counter[str]()
    headers = {"Authorization": f"Bearer {owner.key}"}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    for result in list(schema.get_all_operations())[part::PARTS]:
        operation = result.ok()
        if mode is GenerationMode.NEGATIVE and not _can_be_wrong(operation):
            continue

        @_bounded
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)
            if not case.path_parameters:
                return
            case.path_parameters = things.fill(case.path_parameters)
            if asked[question := things.question(case)] == OFTEN_ENOUGH:
                return  # what differed was only the id that is not there
            case.call_and_validate(headers=headers, checks=CHECKS)
            asked[question] += 1
            if case.method.upper() == "DELETE":
                things.forget()

        ask()


def _can_be_wrong(operation: Any) -> bool:
    return bool(operation.body) or bool(operation.query)
