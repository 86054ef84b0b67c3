"""The pair of tokens as the API answers it."""

from rest_framework import serializers
from rest_framework.response import Response

from metering.identity.sessions.token_pair import TokenPair


class PairOut(serializers.Serializer[object]):
    """Send `access` as `Authorization: Bearer ...`; change `refresh`, once, for the next pair."""

    access = serializers.CharField(help_text="A JWT.")
    refresh = serializers.CharField(help_text="A JWT. Showing one again after 30 seconds ends the session.")
    token_type = serializers.CharField(default="Bearer")
    expires_in = serializers.IntegerField(help_text="Seconds until `access` expires.")


def pair_response(pair: TokenPair, *, status: int = 200) -> Response:
    """Never to be kept by a cache."""
    facts = {
        "access": pair.access,
        "refresh": pair.refresh,
        "token_type": "Bearer",
        "expires_in": pair.expires_in,
    }
    return Response(PairOut(facts).data, status=status, headers={"Cache-Control": "no-store"})
