"""Values as JSON text, right and wrong ones. Bytes, since half of what can be wrong cannot be written by an encoder."""

KEY = "Zq7.pLx/W3v+N0"
"""The gateway's key at the vendor, which no message may show. It does not look like one."""
_key = KEY.encode()
NUMBERS = (
    *(b"0", b"1", b"-1", b"7", b"1.5", b"-0.0", b"1e2", b"1e999", b"-1e999", b"NaN", b"Infinity"),
    *(b"-Infinity", b"1e12", b"9223372036854775808", b"-9223372036854775809", b"9" * 400, b"9" * 5_000),
)
STRINGS = (
    *(b'""', b'"text"', b'"7"', b'"1.5"', b'"NaN"', b'"-1"', b'"[DONE]"', b'"data: x"', b'"%b"' % _key),
    *(b'"\\ud83d"', b'"\\ude00"', b'"\\ud83d\\ude00"', b'"\\u0000"', b'"\\u2028\\u0085"', b'"\xe4\xbd\xa0"'),
    *(b'"\xf0\x9f\x98\x80"', b'"\xed\xa0\xbd"', b'"%b"' % (b"long " * 1_000)),
)
NESTED = (
    *(b"[]", b"{}", b"[[]]", b"[{}]", b"[null]", b'[""]', b'["a", "b"]', b'{"a": {"b": [1]}}', b'{"": 0}'),
    *(b'{"a": 1, "a": 2}', b"[" * 30 + b"]" * 30, b"[" * 950 + b"]" * 950, b"[" * 5_000 + b"]" * 5_000),
    b'{"a":' * 400 + b"1" + b"}" * 400,
)
NO_JSON = (
    *(b"01", b"+1", b".5", b"0x10", b"1_0", b"\xc2\xa0", b"undefined", b"[DONE]", b"", b",", b"}", b'"open'),
    *(b'"\xff"', b'"\0"', b'"a\nb"', b'"\\x"'),
)
ODD = (b"null", b"true", b"false", *NUMBERS, *STRINGS, *NESTED, *NO_JSON)
TEXTS = (
    *(b'"hi"', b'" there"', b'"a\\nb"', b'"\\u0000"', b'"\xc3\xa9"', b'"\\ud83d"', b'"\\ude00"', b'""'),
    *(b"null", b'"data: [DONE]"', b'"%b"' % (b"word " * 400), b'"data:,x"', b'"\xe2\x80\xa8"', b'"   "'),
)
"""What a model says."""
FINISHES = (b'"stop"', b'"length"', b'"tool_calls"', b'"content_filter"')
COUNTS = (b"9", b"2", b"0", b"100", b"7.2", b'"12"', b"5000", b"10001", b"1e12", b"null")
USAGE_NAMES = (
    *("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens", "totalTokens"),
    *("promptTokens", "completionTokens", "inputTokens", "outputTokens", "prompt_eval_count", "eval_count"),
    *("prompt_cache_hit_tokens", "prompt_cache_miss_tokens", "cached_tokens", "reasoning_tokens"),
    *("cache_read_input_tokens", "cache_creation_input_tokens", "service_tier", "cost", "unknown"),
    *("cost_in_usd_ticks", "is_byok", "cost_details", "server_tool_use", "server_side_tools_used", "speed"),
    *("num_server_side_tools_used", "iterations", "cache_creation", "citation_tokens", "billed_units"),
)
DETAIL_NAMES = ("cached_tokens", "cache_write_tokens", "reasoning_tokens", "thinking_tokens", "audio_tokens")
DETAIL_NAMES += ("cache_write_tokens_details", "ttl_12h_tokens", "ephemeral_1h_input_tokens")
CODES = (
    *(b'"rate_limit_exceeded"', b'"context_length_exceeded"', b'"content_filter"', b'"insufficient_quota"'),
    *(b'"invalid_request_error"', b'"model_not_found"', b'"server_error"', b"429", b"400.0", b"401"),
    b'"504"',
)
SENTENCES = (
    *(b'"Too many."', b'"The key %b is wrong."' % _key, b'"one\\r\\ntwo\\u0000\\u2028three"'),
    b'"\\ud83d half"',
    *(b'"%b%b"' % (b"blank " * 300, _key), b'"%b%b"' % (b" " * 1_195, _key), b'"%b%b"' % (b"x " * 60, _key)),
    *(b'""', b'"maximum context length"', b'"\xe2\x80\xae\xc3\xa9"'),
)
"""What an error says."""
