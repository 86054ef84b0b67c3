"""What a gateway can be asked besides chats, sync and async, whichever surface they take."""

from gateway_client.budget import BudgetStatus, budget_flow
from gateway_client.provider import AsyncLLMProvider, LLMProvider
from gateway_client.readiness import readiness

READY_TIMEOUT_S = 60.0


class GatewayProvider(LLMProvider):
    """A provider that is a gateway."""

    def wait_until_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Returns once the gateway can serve calls. Raises GatewayUnavailableError after so many seconds."""
        self._driver.run(readiness(timeout_s))

    def budget(self, team: str | None = None) -> BudgetStatus | None:
        """The tightest cost budget of the caller and the team (by default the connection's); None: there is none."""
        return self._driver.run(budget_flow(team, self.connection.policy))


class AsyncGatewayProvider(AsyncLLMProvider):
    """The same on an event loop."""

    async def wait_until_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """As GatewayProvider.wait_until_ready."""
        await self._driver.run(readiness(timeout_s))

    async def budget(self, team: str | None = None) -> BudgetStatus | None:
        """As GatewayProvider.budget."""
        return await self._driver.run(budget_flow(team, self.connection.policy))
