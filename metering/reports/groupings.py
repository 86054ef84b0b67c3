"""By what usage can be grouped and filtered: its name in addresses, its words, and the column of a line that it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """One way to group and filter usage."""

    name: str
    """Its name in addresses and in the API."""
    title: str
    column: str
    """The column of a line of the usage log that it tells apart."""
    is_shared: bool = False
    """Whether it means the same in every tenant."""


GROUPINGS = {
    each.name: each
    for each in (
        Grouping(name="tenant", title="Tenant", column="tenant_id", is_shared=True),
        Grouping(name="team", title="Team", column="team_id"),
        Grouping(name="user", title="Person", column="user_id"),
        Grouping(name="token", title="Token", column="token_id"),
        Grouping(name="agent", title="Agent", column="agent_id"),
        Grouping(name="task", title="Task", column="task", is_shared=True),
        Grouping(name="model", title="Model", column="request_model", is_shared=True),
        Grouping(name="class", title="Class", column="model_class", is_shared=True),
        Grouping(name="provider", title="Vendor", column="provider_name", is_shared=True),
        Grouping(name="feature", title="Feature", column="feature", is_shared=True),
        Grouping(name="conversation", title="Conversation", column="conversation_id"),
        Grouping(name="tag", title="Tag", column="tags"),
        Grouping(name="microdao", title="MicroDAO", column="microdao_id"),
        Grouping(name="channel", title="Channel", column="channel_id"),
    )
}
