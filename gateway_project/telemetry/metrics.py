"""Everything that the gateway counts. Labels come from closed vocabularies or from the catalog, never from callers."""

from gateway_project.telemetry.tally import Counter, Gauge, Histogram

SHORT_S = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)
LONG_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)

requests = Counter("gateway_requests", "HTTP requests by route and status", ("route", "status"))
errors = Counter("gateway_errors", "Errors answered on the wire protocols, by code", ("code",))
calls = Counter(
    "gateway_calls", "Metered calls that have ended, by task and model class", ("task", "model_class")
)
attempts = Counter("gateway_attempts", "Attempts at vendors", ("provider", "outcome"))
impossible_usage = Counter(
    "gateway_impossible_usage",
    "Attempts of which a vendor reported more than its model can do",
    ("provider",),
)
tokens = Counter("gateway_tokens", "Tokens used", ("provider", "model", "model_class", "direction"))
cost_usd = Counter(
    "gateway_cost_usd",
    "What attempts were charged, in USD, as calls ended",
    ("provider", "model", "model_class"),
)
overhead_s = Histogram(
    "gateway_overhead_seconds",
    "Time of a call that was spent waiting neither for a vendor nor for room",
    SHORT_S,
)
vendor_s = Histogram("gateway_vendor_seconds", "Time of an attempt at a vendor", LONG_S, ("provider",))
ledger_batch = Histogram("gateway_ledger_batch_commands", "Commands in one ledger transaction", SIZES)
decisions_lost = Counter("gateway_decisions_lost", "Decisions of policy that could not be kept")
content_lost = Counter(
    "gateway_content_lost", "Calls whose content was to be kept, and found no place or could not be written"
)
guarded = Counter(
    "gateway_guarded_calls", "Calls in which the guard saw something private, by what it did", ("mode",)
)
replays = Counter(
    "gateway_replays",
    "Requests answered again under their Idempotency-Key, by what a rate limit would have said to a new one",
    ("task", "rate"),
)
cache_calls = Counter(
    "gateway_cache_calls",
    "Calls for which the answer cache was asked for, by what it did: hit, miss, refresh, bypass or off",
    ("result",),
)
cache_answers = Counter(
    "gateway_cache_answers",
    "Answers that were to be kept: kept, unfit, too_long, or not kept because Redis was away or the process busy",
    ("result",),
)
cache_bytes = Counter("gateway_cache_bytes", "Bytes of answers that were kept, sealed")
cache_away = Counter("gateway_cache_away", "Calls that asked the cache while Redis did not answer")
cache_saved = Counter(
    "gateway_cache_saved_nano_usd", "What answers from the cache saved at list prices", ("model_class",)
)
rate_fallbacks = Counter("gateway_rate_fallbacks", "Calls whose rate a process decided alone, without Redis")
vendor_failures = Counter(
    "gateway_vendor_failures",
    "Attempts that failed at a vendor, by what that says of it (request_refused: nothing)",
    ("provider", "fault"),
)
retries = Counter("gateway_retries", "Attempts at the vendor that had just failed", ("provider",))
fallbacks = Counter("gateway_fallbacks", "Calls that went on from this vendor to another one", ("provider",))
circuit_transitions = Counter(
    "gateway_circuit_transitions", "Circuits that opened, were tried or closed", ("provider", "state")
)
waits = Histogram(
    "gateway_room_wait_seconds",
    "Time that a call waited for room in a limit, by how its wait ended",
    LONG_S,
    ("end",),
)
connections_cut = Counter(
    "gateway_connections_cut",
    "Connections that were ended: their caller did not read (stalled), or sent nothing while room was short (idle)",
    ("reason",),
)
callers_gone = Counter(
    "gateway_callers_gone", "Callers of the wire protocols who were seen to leave before their answer ended"
)

in_flight = Gauge("gateway_requests_in_flight", "HTTP requests being answered, or whose call runs on")
streams = Gauge("gateway_streams_open", "Event streams being sent")
tasks = Gauge("gateway_tasks", "Tasks of the event loops, running or waiting")
waiting_for_room = Gauge("gateway_calls_waiting_for_room", "Calls that wait for room in a limit")
ledger_waiting = Gauge("gateway_ledger_waiting", "Commands that wait for the ledger's writer")
ledger_reachable = Gauge(
    "gateway_ledger_reachable", "1 if every process reached its ledger last time", merge=min
)
rates_shared = Gauge(
    "gateway_rates_shared", "1 if every process shares its rate limits through Redis", merge=min
)
circuits_open = Gauge(
    "gateway_circuits_open", "Circuits that are not closed, as the process that knows of most sees it",
    ("provider", "state"), merge=max,
)  # fmt: skip
routing_shared = Gauge(
    "gateway_routing_shared", "1 if every process shares its circuits through Redis", merge=min
)
listening = Gauge(
    "gateway_changes_listening", "1 if every process hears of changes in the database", merge=min
)
availability = Gauge(
    "gateway_availability_ratio",
    "Of the requests of the last 30 days, the share at which the gateway itself did not fail",
    merge=min,
)
exact_share = Gauge(
    "gateway_metering_exact_ratio",
    "Of the cost of the last 30 days, the share whose figures are the vendors' own",
    merge=min,
)
accuracy = Gauge(
    "gateway_metering_accuracy_ratio",
    "How near the metered cost of the last 30 days is to vendors' reports, where they were compared",
    ("provider",),
    merge=min,
)

spool_calls = Gauge(
    "gateway_spool_calls",
    "Calls of which the ledger has still to be told: PostgreSQL was away when they ended",
)
spool_oldest_s = Gauge(
    "gateway_spool_oldest_seconds", "How long ago the oldest of these calls began", merge=max
)
spool_bytes = Gauge("gateway_spool_bytes", "Bytes of the spools in which they wait")
spool_unseen = Gauge(
    "gateway_spool_unseen_nano_usd", "What these calls have spent, or may spend, that no budget has seen yet"
)
spool_set_aside = Gauge(
    "gateway_spool_set_aside",
    "Spooled calls that were refused or cannot be read, for which a person has to look",
)

EVERYTHING = (
    requests, errors, calls, attempts, impossible_usage, tokens, cost_usd, overhead_s, vendor_s, ledger_batch,
    decisions_lost, content_lost, guarded,
    replays, cache_calls, cache_answers, cache_bytes, cache_away, cache_saved, rate_fallbacks, waits, vendor_failures,
    retries, fallbacks, circuit_transitions, connections_cut, callers_gone, in_flight, streams, tasks, waiting_for_room,
    ledger_waiting, ledger_reachable, rates_shared, circuits_open, routing_shared, listening,
    availability, exact_share, accuracy, spool_calls, spool_oldest_s, spool_bytes, spool_unseen, spool_set_aside,
)  # fmt: skip
