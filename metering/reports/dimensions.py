"""By what usage can be grouped and filtered: its name in addresses, its words, and the column of a line that it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One way to tell usage apart."""

    name: str
    title: str
    column: str
    is_shared: bool = False
    """Whether it means the same in every tenant."""


DIMENSIONS = {
    each.name: each
    for each in (
        Dimension(name="tenant", title="Tenant", column="tenant_id", is_shared=True),
        Dimension(name="team", title="Team", column="team_id"),
        Dimension(name="user", title="Person", column="user_id"),
        Dimension(name="token", title="Token", column="token_id"),
        Dimension(name="agent", title="Agent", column="agent_id"),
        Dimension(name="task", title="Task", column="task", is_shared=True),
        Dimension(name="model", title="Model", column="request_model", is_shared=True),
        Dimension(name="class", title="Class", column="model_class", is_shared=True),
        Dimension(name="provider", title="Vendor", column="provider_name", is_shared=True),
        Dimension(name="feature", title="Feature", column="feature", is_shared=True),
        Dimension(name="conversation", title="Conversation", column="conversation_id"),
        Dimension(name="tag", title="Tag", column="tags"),
        Dimension(name="microdao", title="MicroDAO", column="microdao_id"),
        Dimension(name="channel", title="Channel", column="channel_id"),
    )
}
