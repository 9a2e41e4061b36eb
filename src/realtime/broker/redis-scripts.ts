/**
 * Gives messages the next positions of their channel, adds them to the channel's history and publishes them, in one
 * step. Each tag is a hash that includes the one before: equal tags at the same offset mean equal streams up to there.
 *
 * KEYS: the channel's position, its history, for each message the record of its idempotency key, and the generation of
 * the data if one is expected.
 * ARGV: the pub/sub channel, a random part for a new epoch, seconds that the position lives after its last use, seconds
 * that idempotency keys are remembered, PUBLISH or SPUBLISH, how many messages history keeps (0: none), seconds that
 * history lives after the last message, the expected generation (empty: any); then for each message its JSON, its part
 * of the header (id, former cursor, except), its contribution to the tag, and 1 if it has an idempotency key.
 * Writes nothing if all idempotency keys were seen before.
 * Returns for each message its cursor and 0, or the first message's cursor and 1 if the idempotency key was seen
 * before; an error, having published nothing, if the generation is another one.
 */
export const PUBLISH_SCRIPT = `
local COMMON, EACH = 8, 4
local count = (#ARGV - COMMON) / EACH
if ARGV[8] ~= '' and redis.call('GET', KEYS[3 + count]) ~= ARGV[8] then
  return redis.error_reply('GENERATION The data is of another generation')
end
local known = redis.call('MGET', unpack(KEYS, 3, 2 + count))
local firsts, messages, answer = {}, {}, {}
local repetitions = 0
for i = 1, count do
  if ARGV[COMMON + EACH * i] == '1' and known[i] then
    answer[i] = { known[i], 1 }
    repetitions = repetitions + 1
  end
end
if repetitions == count then
  return answer
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HSETNX', KEYS[1], 'epoch', string.format('%011x', now) .. ARGV[2]) == 1 then
  redis.call('DEL', KEYS[2])
end
local offset = redis.call('HINCRBY', KEYS[1], 'offset', 0)
local before = redis.call('HMGET', KEYS[1], 'epoch', 'tag')
local tag = before[2] or ''
for i = 1, count do
  local body, head, ownTag, isOnce = unpack(ARGV, COMMON + EACH * (i - 1) + 1, COMMON + EACH * i)
  local first = isOnce == '1' and (known[i] or firsts[KEYS[2 + i]])
  if first then
    answer[i] = { first, 1 }
  else
    offset = offset + 1
    tag = string.sub(redis.sha1hex(tag .. ownTag), 1, 8)
    local cursor = before[1] .. '.' .. string.format('%012x', offset) .. '.' .. tag
    messages[#messages + 1] = '1 ' .. cursor .. ' ' .. head .. ' ' .. string.format('%.0f', now) .. '\\n' .. string.sub(body, 1, -2) .. ',"cursor":"' .. cursor .. '"}'
    answer[i] = { cursor, 0 }
    if isOnce == '1' then
      firsts[KEYS[2 + i]] = cursor
    end
  end
end
if tonumber(ARGV[6]) > 0 then
  redis.call('RPUSH', KEYS[2], unpack(messages))
  redis.call('LTRIM', KEYS[2], -ARGV[6], -1)
  redis.call('EXPIRE', KEYS[2], ARGV[7])
end
redis.call('HSET', KEYS[1], 'offset', string.format('%.0f', offset), 'tag', tag)
redis.call('EXPIRE', KEYS[1], ARGV[3])
for key, cursor in pairs(firsts) do
  redis.call('SET', key, cursor, 'EX', ARGV[4])
end
for _, message in ipairs(messages) do
  redis.call(ARGV[5], ARGV[1], message)
end
return answer
`;

/**
 * Reads the cursors of many channels' newest messages.
 *
 * KEYS: the channels' positions. ARGV: seconds that a position lives after its last use.
 * Returns for each channel its cursor; empty if it has none, or can't be read.
 */
export const POSITIONS_SCRIPT = `#!lua flags=allow-oom
local answer = {}
for i, key in ipairs(KEYS) do
  local position = redis.pcall('HMGET', key, 'epoch', 'offset', 'tag')
  if position.err or not position[1] then
    answer[i] = ''
  else
    redis.call('EXPIRE', key, ARGV[1])
    answer[i] = position[1] .. '.' .. string.format('%012x', position[2]) .. '.' .. position[3]
  end
end
return answer
`;

/**
 * Reads the cursor of a channel's newest message, and the messages that its history has from an offset on. Begins an
 * epoch if the channel has none, so that the next message continues it: also in a Redis that is full, as clients must be
 * able to connect, and it takes little.
 *
 * KEYS: the channel's position, its history. ARGV: a random part for a new epoch, seconds that the position lives after
 * its last use, the offset (empty: no messages), about how many bytes of messages to return.
 * Returns the cursor, 1 if the messages were cut at the byte limit (else 0), then the messages: at least two, if any.
 */
export const HISTORY_SCRIPT = `#!lua flags=allow-oom
if redis.call('EXISTS', KEYS[1]) == 0 then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('HSET', KEYS[1], 'epoch', string.format('%011x', now) .. ARGV[1], 'offset', 0, 'tag', '00000000')
  redis.call('DEL', KEYS[2])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
local position = redis.call('HMGET', KEYS[1], 'epoch', 'offset', 'tag')
local answer = { position[1] .. '.' .. string.format('%012x', position[2]) .. '.' .. position[3], '0' }
if ARGV[3] == '' then
  return answer
end
local length = redis.call('LLEN', KEYS[2])
local room = tonumber(ARGV[4])
for start = math.max(0, ARGV[3] - (position[2] - length + 1)), length - 1, 8 do
  for _, message in ipairs(redis.call('LRANGE', KEYS[2], start, start + 7)) do
    room = room - #message
    if room < 0 and #answer >= 4 then
      answer[2] = '1'
      return answer
    end
    answer[#answer + 1] = message
  end
end
return answer
`;
