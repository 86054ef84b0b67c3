-- Token buckets of many requests in one round trip; the arithmetic is that of process_buckets.py.
--
-- KEYS: every bucket that a request names, each once.
-- ARGV[1]: the requests in MessagePack, in order of arrival; each is a flat list
--   {kind, bucket, units, per_minute, bucket, units, per_minute, ...}
--   where bucket counts KEYS from 1. Kinds:
--   0  a correction, which cannot be denied, and takes a bucket at most one bucket below empty;
--   1  a call: take all or nothing;
--   2  a limit in shadow of the call before it: the same, but nothing if that call was denied.
-- Answers in MessagePack, for each call and limit in shadow, {granted, used, used, ...} in units.
--
-- The clock is Redis's own, one reading for the whole script: nodes whose clocks differ share one rate.
-- A bucket is stored as "used at": parts (1/60,000,000 unit) that have not drained, and when that was, in µs.

local MINUTE = 60000000
local MOST_USED = 2 -- buckets
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local stored = redis.call('MGET', unpack(KEYS))
local used, rate = {}, {}

local function level(bucket, per_minute)
  local parts = used[bucket]
  if not parts then
    parts = 0
    if stored[bucket] then
      local before, at = string.match(stored[bucket], '^(%d+) (%d+)$')
      before = math.min(before, MOST_USED * per_minute * MINUTE) -- a limit that was lowered leaves no longer debt
      -- A clock that was set back drains nothing, and starts anew from here.
      parts = math.max(0, before - math.max(0, now - at) * per_minute)
    end
    used[bucket] = parts
  end
  return parts
end

local answers, admitted = {}, false
for _, request in ipairs(cmsgpack.unpack(ARGV[1])) do
  local kind = request[1]
  local granted = kind ~= 2 or admitted
  if kind ~= 0 then
    for i = 2, #request, 3 do
      local bucket, units, per_minute = request[i], request[i + 1], request[i + 2]
      if level(bucket, per_minute) + units * MINUTE > per_minute * MINUTE then granted = false end
    end
  end
  if kind == 1 then admitted = granted end
  local answer = { granted }
  for i = 2, #request, 3 do
    local bucket, units, per_minute = request[i], request[i + 1], request[i + 2]
    if granted then
      local parts = level(bucket, per_minute) + units * MINUTE
      if kind == 0 then parts = math.max(0, math.min(parts, MOST_USED * per_minute * MINUTE)) end
      used[bucket] = parts
      rate[bucket] = per_minute
    end
    answer[#answer + 1] = level(bucket, per_minute) / MINUTE
  end
  if kind ~= 0 then answers[#answers + 1] = answer end
end

for bucket, per_minute in pairs(rate) do
  if used[bucket] > 0 then
    -- Kept until it has drained, and a second more.
    local life_ms = math.ceil(used[bucket] / per_minute / 1000) + 1000
    redis.call('SET', KEYS[bucket], string.format('%.0f %.0f', used[bucket], now), 'PX', string.format('%.0f', life_ms))
  elseif stored[bucket] then
    redis.call('DEL', KEYS[bucket])
  end
end
return cmsgpack.pack(answers)
