"""Errors in each vendor's own shape: the status that it sends, and the body."""

from typing import Any

from tests.vendors.openai_errors import error_body

Told = tuple[int, dict[str, Any]]
MONEY = 402
_SENTENCES = {
    400: "The request is not valid.",
    401: "The key is not valid.",
    402: "Insufficient balance.",
    404: "The model `none` does not exist or you do not have access to it.",
    429: "Rate limit reached.",
    500: "Internal error.",
    503: "The server is overloaded.",
}


def sentence(status: int, message: str | None) -> str:
    return message or _SENTENCES.get(status, "Something went wrong.")


def openai_error(status: int, message: str | None, param: str | None) -> Told:
    if status == MONEY:  # OpenAI has no such status
        body = error_body(429, "You exceeded your current quota, please check your plan.")
        body["error"] |= {"type": "insufficient_quota", "code": "insufficient_quota"}
        return 429, body
    return status, error_body(status, message, param=param)


def xai_error(status: int, message: str | None, param: str | None) -> Told:
    if status == MONEY:
        return 429, {
            "code": "Some resource has been exhausted",
            "error": "Your team has either used all available credits or reached its monthly spending limit.",
        }
    return status, {"code": "Client specified an invalid argument", "error": sentence(status, message)}


def deepseek_error(status: int, message: str | None, param: str | None) -> Told:
    words = "Insufficient Balance" if status == MONEY else sentence(status, message)
    kind = {401: "authentication_error", 402: "unknown_error"}.get(status, "invalid_request_error")
    return status, {
        "error": {"message": words, "type": kind, "param": param, "code": "invalid_request_error"}
    }


def mistral_error(status: int, message: str | None, param: str | None) -> Told:
    if status == 422:
        detail = {
            "type": "extra_forbidden",
            "loc": ["body", param],
            "msg": "Extra inputs are not permitted",
            "input": None,
        }
        return 422, {"detail": [detail]}
    if status == 404:
        return 400, {
            "object": "error",
            "message": "Invalid model: none",
            "type": "invalid_model",
            "param": None,
            "code": "1500",
        }
    if status == 401:
        return 401, {"detail": "Unauthorized"}
    kind = {429: "rate_limited", 500: "internal_server_error"}.get(status, "invalid_request_error")
    told = {"object": "error", "message": sentence(status, message), "type": kind, "param": param}
    return status, {**told, "code": {429: "1300"}.get(status, "1000")}


def glm_error(status: int, message: str | None, param: str | None) -> Told:
    """The code says more than the status, in which a balance that is spent is a rate."""
    sent, code, words = {
        401: (401, "1000", "Authentication Failed"),
        402: (429, "1113", "您的账户已欠费"),
        404: (400, "1211", "模型不存在"),
        413: (400, "1261", "Prompt 超长"),
        429: (429, "1302", "您的账户已达到速率限制"),
        500: (500, "1234", "网络错误"),
    }.get(status, (status, "1210", sentence(status, message)))
    return sent, {"error": {"code": code, "message": words}}


def openrouter_error(status: int, message: str | None, param: str | None) -> Told:
    words = "Insufficient credits. Add more and retry." if status == MONEY else sentence(status, message)
    metadata = {"provider_name": "Anthropic", "raw": words}
    return status, {
        "error": {"message": words, "code": status, "metadata": metadata},
        "user_id": "user_recorded",
    }


def litellm_error(status: int, message: str | None, param: str | None) -> Told:
    words = f"litellm.APIError: {sentence(status, message)}"
    return status, {
        "error": {"message": words, "type": "None", "param": param or "None", "code": str(status)}
    }


def ollama_error(status: int, message: str | None, param: str | None) -> Told:
    words = "model 'none' not found" if status == 404 else sentence(status, message)
    return status, {"error": {"message": words, "type": "api_error", "param": None, "code": None}}


def vllm_error(status: int, message: str | None, param: str | None) -> Told:
    kind = {404: "NotFoundError", 401: "Unauthorized"}.get(status, "BadRequestError")
    words = "The model `none` does not exist." if status == 404 else sentence(status, message)
    return status, {"error": {"message": words, "type": kind, "param": param, "code": status}}


def llamacpp_error(status: int, message: str | None, param: str | None) -> Told:
    kind = {401: "authentication_error", 404: "not_found_error", 503: "unavailable_error"}.get(
        status, "server_error" if status >= 500 else "invalid_request_error"
    )
    words = "model 'none' not found" if status == 404 else sentence(status, message)
    return status, {"error": {"code": status, "message": words, "type": kind}}
