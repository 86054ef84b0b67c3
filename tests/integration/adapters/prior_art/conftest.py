from collections.abc import AsyncGenerator

import pytest

from fixtures.search_services.server import SearchServices
from tests.integration.adapters.prior_art.searching import KEY


@pytest.fixture
async def services() -> AsyncGenerator[SearchServices, None]:
    """OpenAlex, USPTO and PatentsView, of this test alone."""
    async with SearchServices(api_key=KEY).serving() as running:
        yield running
