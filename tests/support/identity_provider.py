"""An identity provider over real HTTP: OpenID Connect as the specification has it, and wrong where a test says so."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

CLIENT_ID, CLIENT_SECRET = "gateway", "s3cret/of the client"
Claims = dict[str, Any]


class IdentityProvider:
    """`person` is who signs in there; `spoil` changes the claims of the next ID tokens, `sign` how they are signed."""

    def __init__(self) -> None:
        self.person: Claims = {}
        self.userinfo: Claims | None = None
        self.spoil: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self._signed
        self.answer_raw: dict[str, tuple[int, dict[str, str], bytes]] = {}
        """Instead of the right answer, by path."""
        self.asked: list[str] = []
        self.authorized: list[dict[str, str]] = []
        self.issuer = ""
        self._codes: dict[str, dict[str, str]] = {}
        self.rotate()

    def rotate(self) -> None:
        """From now on another key signs, and is the only one that is published."""
        self.key, self.kid = ec.generate_private_key(ec.SECP256R1()), secrets.token_hex(4)

    def authorize(self, address: str) -> str:
        """What the person's browser does there: signs in, and is sent back to this address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
        assert asked["code_challenge_method"] == "S256"
        self.authorized.append(asked)
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            endpoints = {
                name: f"{self.issuer}/{name}" for name in ("token_endpoint", "jwks_uri", "userinfo_endpoint")
            }
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                **endpoints,
            }
        if path == "/jwks_uri":
            public = json.loads(ECAlgorithm.to_jwk(self.key.public_key()))
            return 200, {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": "ES256"}]}
        if path == "/userinfo_endpoint" and authorization == "Bearer at":
            return 200, self.userinfo or {}
        if path == "/token_endpoint":
            return self._tokens(form, authorization)
        return 404, {"error": "not_found"}

    def _tokens(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        client = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_right = (
            tuple(map(unquote_plus, client.split(":"))) == (CLIENT_ID, CLIENT_SECRET)
            and asked is not None
            and form.get("redirect_uri") == asked["redirect_uri"]
            and base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == asked["code_challenge"]
        )
        if not is_right or asked is None:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        return 200, {
            "access_token": "at",
            "token_type": "Bearer",
            "id_token": self.sign(self.spoil(claims | self.person)),
        }

    def _signed(self, claims: Claims) -> str:
        return jwt.encode(claims, self.key, algorithm="ES256", headers={"kid": self.kid})


@contextmanager
def running_identity_provider() -> Iterator[IdentityProvider]:
    provider = IdentityProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._say({name: values[0] for name, values in parse_qs(body).items()})

        def _say(self, form: dict[str, str]) -> None:
            provider.asked.append(self.path)
            if self.path in provider.answer_raw:
                status, headers, body = provider.answer_raw[self.path]
            else:
                status, answer = provider.answer(self.path, form, self.headers.get("authorization", ""))
                headers, body = {"content-type": "application/json"}, json.dumps(answer).encode()
            self.send_response(status)
            for name, value in (headers | {"content-length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, name="identity provider")
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join(20)
