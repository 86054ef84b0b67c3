-- Token buckets of many requests in one round trip; the arithmetic is that of process_buckets.py.
--
-- KEYS: every bucket that a request names, each once.
-- ARGV[1]: the requests in MessagePack, in order of arrival; each is a flat list
--   {kind, bucket, units, per_minute, bucket, units, per_minute, ...}
--   where bucket counts KEYS from 1. Kinds:
--   0  a correction, which cannot be denied, and takes a bucket at most one bucket below empty;
--   1  a call: take all or nothing;
--   2  a limit in shadow of the call before it: the same, but nothing if that call was denied;
--   3, 4  as 0 and 1, of windows instead of buckets (process_windows.py).
-- Answers in MessagePack, for each call and limit in shadow, {granted, used, used, ...} in units, and for each call of
-- windows {granted, wait, wait, ...} in seconds.
--
-- The clock is Redis's own, one reading for the whole script: nodes whose clocks differ share one rate.
-- A bucket is stored as "used at": parts (1/60,000,000 unit) that have not drained, and when that was, in µs.
-- A window is stored as "slot:units slot:units ...", the oldest first.

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

local SLOT, SLOTS = 2000000, 31
local slot_now = math.floor(now / SLOT)
local windows, changed = {}, {}

local function window(bucket)
  if not windows[bucket] then
    windows[bucket] = {}
    for slot, units in string.gmatch(stored[bucket] or '', '(%d+):(%d+)') do
      slot = tonumber(slot)
      if slot_now - slot < SLOTS then table.insert(windows[bucket], { math.min(slot, slot_now), tonumber(units) }) end
    end
  end
  return windows[bucket]
end

local function wait_s(bucket, units, per_minute)
  local used = units
  for _, taken in ipairs(window(bucket)) do used = used + taken[2] end
  if used <= per_minute then return 0 end
  for _, taken in ipairs(window(bucket)) do
    used = used - taken[2]
    if used <= per_minute then return ((taken[1] + SLOTS) * SLOT - now) / 1000000 end
  end
  return SLOTS * SLOT / 1000000
end

local function take_of_window(bucket, units)
  local taken = window(bucket)
  changed[bucket] = true
  if units > 0 and #taken > 0 and taken[#taken][1] == slot_now then
    taken[#taken][2] = taken[#taken][2] + units
  elseif units > 0 then
    table.insert(taken, { slot_now, units })
  else -- given back, of what was taken first
    while units < 0 and #taken > 0 do
      local gone = math.min(taken[1][2], -units)
      units = units + gone
      taken[1][2] = taken[1][2] - gone
      if taken[1][2] == 0 then table.remove(taken, 1) end
    end
  end
end

-- The answer to a call of windows; none to a correction.
local function answer_of_windows(request, is_call)
  local answer = { true }
  for i = 2, #request, 3 do
    answer[#answer + 1] = is_call and wait_s(request[i], request[i + 1], request[i + 2]) or 0
    if answer[#answer] > 0 then answer[1] = false end
  end
  if answer[1] then
    for i = 2, #request, 3 do take_of_window(request[i], request[i + 1]) end
  end
  return is_call and answer or nil
end

local answers, admitted = {}, false

local function answer_of_buckets(request)
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
  return kind ~= 0 and answer or nil
end

for _, request in ipairs(cmsgpack.unpack(ARGV[1])) do
  local kind = request[1]
  local answer = kind >= 3 and answer_of_windows(request, kind == 4) or kind < 3 and answer_of_buckets(request)
  if answer then answers[#answers + 1] = answer end
end

for bucket, _ in pairs(changed) do
  local written = {}
  for _, taken in ipairs(windows[bucket]) do written[#written + 1] = string.format('%.0f:%.0f', taken[1], taken[2]) end
  if #written > 0 then
    redis.call('SET', KEYS[bucket], table.concat(written, ' '), 'PX', SLOTS * SLOT / 1000)
  elseif stored[bucket] then
    redis.call('DEL', KEYS[bucket])
  end
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
