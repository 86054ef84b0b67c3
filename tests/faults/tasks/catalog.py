"""The catalog of the tasks' tests: one plan without limits, and one for each limit."""

CATALOG = """
providers:
  fake: {kind: openai_compatible, base_url: "BASE_URL", api_key: "${FAKE_VENDOR_API_KEY}"}
  gone: {kind: openai_compatible, base_url: "http://127.0.0.1:9/v1", api_key: "${FAKE_VENDOR_API_KEY}"}
models:
  away:
    {provider: gone, physical_name: fake-gone, class: PRO_L, context_tokens: 128_000, max_output_tokens: 16_384,
     price: {input: 2, output: 4}}
  small:
    {provider: fake, physical_name: fake-small, class: BASE_M, context_tokens: 128_000, max_output_tokens: 16_384,
     price: {input: 1, output: 2}}
  large:
    {provider: fake, physical_name: fake-large, class: PRO_M, context_tokens: 128_000, max_output_tokens: 16_384,
     price: {input: 2, output: 4}}
plans:
  OPEN: {name: Open, PLAN, rules: [{key: max_concurrent, value: 1_000}]}
  DEFAULTS: {name: Defaults, PLAN, rules: [{key: max_api_calls, value: 2, task: LLM1_PRIOR_ART}]}
  GONE:
    name: Gone
    features: [DIAGRAMS]
    tasks: {LLM3_DIAGRAM: {classes: [PRO_L], default_class: PRO_L}}
  CHAT_ONLY:
    name: Chat
    features: [CHAT, PRIOR_ART, DRAFTING, DIAGRAMS]
    tasks: {LLM0_CHAT: {classes: [BASE_M], default_class: BASE_M}}
  HUNDRED:
    {name: Hundred, PLAN, rules: [{key: max_concurrent, value: 100},
     {key: max_api_calls, value: 4, task: LLM1_PRIOR_ART}]}
  ONE: {name: One, PLAN, rules: [{key: max_concurrent, value: 1}]}
  CANCEL: {name: Cancel, PLAN, rules: [{key: on_disconnect, value: cancel}]}
  CALLS: {name: Calls, PLAN, rules: [{key: max_api_calls, value: 3, task: LLM1_PRIOR_ART}]}
  TOP_K: {name: Top k, PLAN, rules: [{key: retrieval_top_k, value: 4, task: LLM1_PRIOR_ART}]}
  STEPS: {name: Steps, PLAN, rules: [{key: agent_max_steps, value: 3}]}
  MAX_STEPS: {name: Max steps, PLAN, rules: [{key: max_steps, value: 3, task: LLM3_DIAGRAM}]}
  TOKENS_IN: {name: Tokens in, PLAN, rules: [{key: max_tokens_in, value: 3_000}]}
  TOKENS_OUT: {name: Tokens out, PLAN, rules: [{key: max_tokens_out, value: 300}]}
  FILES: {name: Files, PLAN, rules: [{key: diagram_files_per_req, value: 2, task: LLM3_DIAGRAM}]}
  CALLS_BUDGET:
    {name: Calls budget, PLAN, budgets: [{dimension: api_calls, window: day, amount: 7, task: LLM1_PRIOR_ART}]}
  FILES_BUDGET: {name: Files budget, PLAN, budgets: [{dimension: files, window: day, amount: 3, task: LLM3_DIAGRAM}]}
  STEPS_BUDGET: {name: Steps budget, PLAN, budgets: [{dimension: steps, window: day, amount: 5}]}
""".replace(
    "PLAN",
    "features: [CHAT, PRIOR_ART, DRAFTING, DIAGRAMS], tasks: {"
    "LLM0_CHAT: {classes: [BASE_M], default_class: BASE_M}, "
    "LLM1_PRIOR_ART: {classes: [BASE_M], default_class: BASE_M}, "
    "LLM2_DRAFT: {classes: [PRO_M], default_class: PRO_M}, "
    "LLM3_DIAGRAM: {classes: [BASE_M], default_class: BASE_M}}",
)
