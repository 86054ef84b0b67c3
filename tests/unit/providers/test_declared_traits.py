"""What the catalog declares of a model reaches its requests as far as it is about requests."""

from providers.openai_compatible.traits import TraitsOfModels

MODELS = TraitsOfModels(vendor="openai", base_url="https://api.openai.com/v1")


def test_a_trait_of_requests_overrides_what_is_known_of_the_vendor() -> None:
    assert MODELS.of("small", {"service_tier": ""}).service_tier == ""


def test_traits_about_anything_else_leave_requests_as_they_are() -> None:
    declared = {"tokenizer": "o200k_base", "retries": 1, "first_byte_s": 5, "total_s": 60}
    assert MODELS.of("small", declared) == MODELS.endpoint
