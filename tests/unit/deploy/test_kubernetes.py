"""deploy/kubernetes against Kubernetes' own schemas, and what it promises."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gateway_project.asgi import DRAIN_S
from gateway_project.telemetry.metrics import in_flight

FOLDER = Path(__file__).parents[3] / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
MANIFESTS: list[dict[str, Any]] = [
    manifest
    for name in KUSTOMIZATION["resources"]
    for manifest in yaml.safe_load_all((FOLDER / name).read_text())
]
OLDEST, NEWEST = "1.31", "1.37"
"""The releases of Kubernetes that the manifests are written for."""


def by_kind(kind: str) -> list[dict[str, Any]]:
    return [manifest for manifest in MANIFESTS if manifest["kind"] == kind]


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    for manifest in by_kind("Deployment") + by_kind("Job"):
        yield manifest["metadata"]["name"], manifest["spec"]["template"]["spec"]


@pytest.mark.parametrize("release", [OLDEST, NEWEST])
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda m: f"{m['kind']}-{m['metadata']['name']}")
def test_each_manifest_is_valid_and_has_no_unknown_field(manifest: dict[str, Any], release: str) -> None:
    kubernetes_validate.validate(manifest, release, strict=True)


def test_a_wrong_field_would_be_found() -> None:
    broken = {**by_kind("Service")[0], "spec": {"port": 7007}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, NEWEST, strict=True)


def test_every_container_is_read_only_without_powers_and_not_root() -> None:
    for name, pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]
            mounts = container["volumeMounts"]
            writable = {mount["mountPath"] for mount in mounts if not mount.get("readOnly")}
            assert writable - {"/var/lib/llm-gateway/spool"} == {"/var/lib/llm-gateway", "/tmp"}  # noqa: S108


def test_a_pod_that_goes_gets_no_new_calls_and_has_time_to_end_those_that_run() -> None:
    [gateway] = [pod for name, pod in pods() if name == "llm-gateway"]
    [container] = gateway["containers"]
    before_s = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    ready_s = container["readinessProbe"]["periodSeconds"] * container["readinessProbe"]["failureThreshold"]
    assert before_s >= ready_s
    assert gateway["terminationGracePeriodSeconds"] >= before_s + DRAIN_S + 15
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live", (
        "a database away is no reason to kill it"
    )


def test_pods_of_a_release_wait_for_its_job_and_bring_nothing_up_to_date_themselves() -> None:
    [job] = by_kind("Job")
    [migrating] = job["spec"]["template"]["spec"]["containers"]
    assert migrating["args"] == ["migrate"]
    [gateway] = [pod for name, pod in pods() if name == "llm-gateway"]
    assert "--no-migrate" in gateway["containers"][0]["args"]


def test_it_scales_on_calls_in_flight_and_keeps_one_pod_through_an_eviction() -> None:
    [scaler] = by_kind("HorizontalPodAutoscaler")
    assert scaler["spec"]["metrics"][0]["pods"]["metric"]["name"] == in_flight.name
    assert in_flight.name in (FOLDER / "prometheus-adapter.yaml").read_text()
    [budget] = by_kind("PodDisruptionBudget")
    assert budget["spec"]["minAvailable"] == 1
    assert scaler["spec"]["minReplicas"] > 1


def test_a_release_leaves_the_number_of_pods_to_the_autoscaler() -> None:
    [scaler] = by_kind("HorizontalPodAutoscaler")
    [scaled] = [
        each
        for each in by_kind("Deployment")
        if each["metadata"]["name"] == scaler["spec"]["scaleTargetRef"]["name"]
    ]
    assert "replicas" not in scaled["spec"]


def test_what_the_ledger_could_not_be_told_lies_on_a_disk() -> None:
    spools = {
        name: volume["emptyDir"]
        for name, pod in pods()
        for volume in pod["volumes"]
        if volume["name"] == "spool"
    }
    assert spools == {name: {"sizeLimit": "1Gi"} for name in ("llm-gateway", "llm-gateway-worker")}


def test_selectors_find_the_pods_that_they_are_for() -> None:
    labels = {
        manifest["metadata"]["name"]: manifest["spec"]["template"]["metadata"]["labels"]
        for manifest in by_kind("Deployment")
    }
    for manifest in by_kind("Deployment"):
        wanted = manifest["spec"]["selector"]["matchLabels"]
        found = [name for name, has in labels.items() if wanted.items() <= has.items()]
        assert found == [manifest["metadata"]["name"]]
    selected = by_kind("Service")[0]["spec"]["selector"]
    assert selected.items() <= labels["llm-gateway"].items()
    assert not selected.items() <= labels["llm-gateway-worker"].items()


def test_every_secret_that_is_read_is_one_that_make_secrets_makes() -> None:
    made = (FOLDER.parent / "make-secrets").read_text()
    [settings] = by_kind("ConfigMap")
    for name, path in settings["data"].items():
        if name.endswith("_FILE"):
            assert Path(path).name in made
