"""A path of a vendor's protocol that is not here says why."""

import pytest

from gateway_project.http.nowhere import about


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/v1/responses/resp_1", "Answers are not stored here"),
        ("/v1/responses/input_tokens", "Tokens are counted at /v1/messages/count_tokens"),
        ("/v1/responses/compact", "Conversations are not made shorter here"),
        ("/v1/messages/batches/b_1", "There are no batches here"),
        ("/openai/v1/chat/completions", "Ask for /v1/chat/completions"),
    ],
)
def test_what_is_not_here_is_told(path: str, why: str) -> None:
    assert f"There is nothing at {path}. {why}" in about(path)
