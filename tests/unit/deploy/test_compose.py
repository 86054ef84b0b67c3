"""deploy/compose.yaml by the specification of Compose, and what it promises."""

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from gateway_project.foreign_configs.server_settings import server_settings
from gateway_project.secrets import encryption_keys, signing_keys
from gateway_project.vendor_catalogs.known import known_vendors

DEPLOY = Path(__file__).parents[3] / "deploy"
OURS = ("llm-proxy", "worker", "beat", "migrate")


def interpolated() -> str:
    """The file as Compose reads it where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (DEPLOY / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    merged = yaml.dump(yaml.safe_load(interpolated()))  # the specification's reader knows no `<<`
    return dict(PyCompose.from_yaml(merged).to_dict()["services"])


def test_every_secret_that_is_named_is_a_file_that_make_secrets_makes_and_that_somebody_reads(
    tmp_path: Path,
) -> None:
    made = tmp_path / "secrets"
    for _ in range(2):
        printed = subprocess.run(
            [DEPLOY / "make-secrets", made], capture_output=True, text=True, check=True
        ).stdout
    assert printed == "", "what is there stays"
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    composed = yaml.safe_load(interpolated())
    named = {name: Path(secret["file"]).name for name, secret in composed["secrets"].items()}
    assert {file.name for file in made.iterdir()} == set(named.values())
    used = {name for service in composed["services"].values() for name in service.get("secrets", ())}
    assert used == set(named)
    secrets = {file.name: file.read_text() for file in made.iterdir()}
    assert len(encryption_keys(secrets["field_encryption_keys"])) == 1
    assert len(signing_keys(secrets["jwt_signing_key"])) == 1
    assert f":{secrets['database_password']}@postgres:5432/" in secrets["database_url"]
    assert f"requirepass {secrets['redis_password']}\n" in secrets["redis_conf"]


def test_a_secret_reaches_the_gateway_as_a_file_and_never_as_a_variable(services: dict[str, Any]) -> None:
    for name in OURS:
        environment, secrets = services[name]["environment"], services[name]["secrets"]
        paths = {path for key, path in environment.items() if key.endswith("_FILE")}
        assert paths == {f"/run/secrets/{secret}" for secret in secrets}
        assert not {"SECRET_KEY", "TOKEN_PEPPER", "DATABASE_URL", "REDIS_URL"} & set(environment)


def test_the_keys_of_all_shipped_vendors_and_sources_reach_every_part_of_ours(
    services: dict[str, Any],
) -> None:
    of_vendors = {vendor.keys[0] for vendor in known_vendors().values() if vendor.keys}
    of_sources = {"OPENALEX_API_KEY", "USPTO_ODP_API_KEY"}
    for name in OURS:
        assert (of_vendors | of_sources) - {"ZHIPUAI_API_KEY"} <= set(services[name]["environment"])


def test_each_part_of_ours_is_read_only_without_powers_and_the_same_image(services: dict[str, Any]) -> None:
    for name in OURS:
        service = services[name]
        assert service["image"] == "llm-proxy"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "10001:10001"
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_gateway_waits_for_healthy_servers_and_a_database_that_is_up_to_date(
    services: dict[str, Any],
) -> None:
    wanted = {"postgres": "service_healthy", "redis": "service_healthy"}
    for name in OURS:
        waits = {of: how["condition"] for of, how in services[name]["depends_on"].items()}
        more = {} if name == "migrate" else {"migrate": "service_completed_successfully"}
        assert waits == wanted | more
    assert services["postgres"]["healthcheck"]
    assert services["redis"]["healthcheck"]
    assert "--no-migrate" in services["llm-proxy"]["command"]


def test_litellm_is_there_on_demand_as_the_documents_describe_it(services: dict[str, Any]) -> None:
    litellm = services["litellm"]
    assert litellm["profiles"] == ["litellm"]
    assert litellm["command"] == ["--config", "/app/config.yaml", "--port", "4000"]
    assert litellm["healthcheck"], "what depends on it can wait for it"
    assert "litellm" not in services["llm-proxy"]["depends_on"]
    file = DEPLOY / "compose" / "litellm" / "config.yaml"
    assert server_settings(file.read_text()), "the gateway reads it too"
    models = {entry["model_name"] for entry in yaml.safe_load(file.read_text())["model_list"]}
    assert models == {"chat-default", "claude-default"}


def test_it_listens_where_the_documents_say() -> None:
    composed = yaml.safe_load(interpolated())
    assert composed["services"]["llm-proxy"]["ports"] == ["7007:7007"]
    assert composed["services"]["llm-proxy"]["container_name"] == "llm-proxy"
