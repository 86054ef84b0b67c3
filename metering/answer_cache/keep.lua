-- Keep one answer of a tenant, within the bounds on all of the tenant's answers.
--
-- KEYS: the entry; the tenant's entries by when they end (ms); their sizes, with the sum under "all".
-- ARGV: what every entry's key begins with, this one's name, its content, its life (ms), most bytes, most entries.
--
-- What has ended is forgotten first; then, until there is room, what would end first goes. Redis's own clock counts.
-- All of a tenant's keys live in one Redis, not in a cluster (as those of rates do).

local entry, ends, sizes = KEYS[1], KEYS[2], KEYS[3]
local prefix, name, content, life = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local most_bytes, most_entries = tonumber(ARGV[5]), tonumber(ARGV[6])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local all = tonumber(redis.call('HGET', sizes, 'all') or '0')

local function forget(gone)
  all = all - tonumber(redis.call('HGET', sizes, gone) or '0')
  redis.call('HDEL', sizes, gone)
  redis.call('ZREM', ends, gone)
  redis.call('UNLINK', prefix .. gone)
end

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 1000)) do forget(gone) end
forget(name)
while all + #content > most_bytes or redis.call('ZCARD', ends) >= most_entries do
  local first = redis.call('ZRANGE', ends, 0, 0)[1]
  if not first then break end
  forget(first)
end
if #content > most_bytes then return 0 end
redis.call('SET', entry, content, 'PX', life)
redis.call('ZADD', ends, now + life, name)
redis.call('HSET', sizes, name, #content, 'all', string.format('%.0f', math.max(0, all) + #content))
local last = tonumber(redis.call('ZRANGE', ends, -1, -1, 'WITHSCORES')[2])
redis.call('PEXPIREAT', ends, string.format('%.0f', last + 1000))
redis.call('PEXPIREAT', sizes, string.format('%.0f', last + 1000))
return 1
