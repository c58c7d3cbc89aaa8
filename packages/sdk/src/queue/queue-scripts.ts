/**
 * Accepts one write. KEYS: stream, idempotency record, copies. ARGV: entries a stream may hold, fingerprint ('' without
 * an idempotency key), its time to live in ms, then the fields of the entry. Answers [status, copies].
 *
 * A repeated key is written again, so that a fenced or demoted server refuses it too and WAIT has something to wait for.
 */
export const enqueueScript = `
local copies = redis.call('GET', KEYS[3]) or ''
if ARGV[2] ~= '' then
  local seen = redis.call('GET', KEYS[2])
  if seen and seen ~= ARGV[2] then return {'conflict', copies} end
  if seen then
    redis.call('SET', KEYS[2], seen, 'PX', ARGV[3])
    return {'repeated', copies}
  end
end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return {'full', copies} end
if ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 4))
return {'accepted', copies}
`;

/**
 * Enters a process into the incarnations, after all that were there before whatever the clocks say.
 * KEYS: incarnations. ARGV: run id.
 */
export const registerScript = `
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
local score = math.max(tonumber(redis.call('TIME')[1]), tonumber(last[2] or 0) + 1)
return redis.call('ZADD', KEYS[1], score, ARGV[1])
`;

/** Forgets an incarnation whose streams are all empty. KEYS: incarnations, its streams. ARGV: run id. */
export const forgetScript = `
for i = 2, #KEYS do
  if redis.call('XLEN', KEYS[i]) > 0 then return 0 end
end
redis.call('DEL', unpack(KEYS, 2))
return redis.call('ZREM', KEYS[1], ARGV[1])
`;
