import pytest

from metering.identity.tokens.secret import IssuedToken, digest_of, is_well_formed, new_secret, prefix_of
from metering.ids import uuid7


def test_a_secret_begins_with_a_prefix_that_may_be_shown_and_has_256_random_bits() -> None:
    secret = new_secret()
    scheme, visible, random = secret.split("_", 2)
    assert (scheme, len(visible), len(random)) == ("ati", 8, 43)
    assert prefix_of(secret) == f"ati_{visible}"
    assert is_well_formed(secret)


def test_no_two_secrets_are_alike() -> None:
    assert len({new_secret() for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ati_",
        "sk-1234567890abcdef",
        "ati_short_" + "a" * 10,
        "ati_abcdefgh_" + "ä" * 43,
        "ati_abcdefgh_" + "a" * 43 + "\n",
        "ati_abcdefgh_" + "a" * 10_000,
        "ati_abcdefgh_" + "a" * 42 + "\0",
    ],
)
def test_nonsense_is_not_well_formed(text: str) -> None:
    assert not is_well_formed(text)


def test_the_digest_depends_on_the_pepper(settings) -> None:
    secret = new_secret()
    settings.TOKEN_PEPPER = "first" * 8
    first = digest_of(secret)
    settings.TOKEN_PEPPER = "other" * 8
    assert len(first) == 32
    assert digest_of(secret) != first


def test_printing_an_issued_token_does_not_show_its_secret() -> None:
    secret = new_secret()
    assert secret not in repr(IssuedToken(id=uuid7(), prefix=prefix_of(secret), secret=secret))
