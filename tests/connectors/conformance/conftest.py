"""Every connector in turn."""

import pytest

from tests.connectors.conformance.cases import CASES, Case


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    """How one connector is tried."""
    found: Case = request.param
    return found
