"""The source documents' own configuration files, word for word."""

PROXY_MODE = """\
llmproxy:
  listen_addr: ":8080"
  log_level: "info"
  providers:
    anthropic:
      api_key: "${ANTHROPIC_API_KEY}"
      models:
        - name: "claude-sonnet-4"
          alias: "default"
    openai:
      api_key: "${OPENAI_API_KEY}"
      base_url: "https://api.openai.com/v1"
    glm:
      api_key: "${GLM_API_KEY}"
    groq:
      api_key: "${GROQ_API_KEY}"
    grok:
      api_key: "${GROK_API_KEY}"
  rate_limits:
    requests_per_minute: 100
    tokens_per_minute: 100000
  cost_budget:
    hourly_limit: 10.0
    daily_limit: 100.0
"""
PROXY_SERVICE = """\
providers:
  openai:
    base_url: "https://api.openai.com/v1"
    api_key_env: "OPENAI_API_KEY"
  
  local:
    base_url: "http://localhost:11434"

models:
  gpt-4.1-mini:
    provider: "openai"
    physical_name: "gpt-4-1106-preview"
    cost_per_1k_prompt: 0.01
    cost_per_1k_completion: 0.03
"""  # noqa: W293 # as it stands there
NEW_PROVIDER = """\
providers:
  my_provider:
    base_url: "https://api.myprovider.com"
    api_key_env: "MY_PROVIDER_KEY"

models:
  my-model:
    provider: "my_provider"
    physical_name: "my-model-v1"
"""
LITELLM = """\
model_list:
  - model_name: chat-default
    litellm_params: { model: gpt-4o-mini }
  - model_name: claude-default
    litellm_params: { model: anthropic/claude-3-5-sonnet }
"""
ALL = {
    "proxy mode": PROXY_MODE,
    "proxy service": PROXY_SERVICE,
    "new provider": NEW_PROVIDER,
    "litellm": LITELLM,
}
