/**
 * Gives a message the next position of its channel, adds it to the channel's history and hands it to all subscribers, in
 * one step. The tag is chained to the one before: at the same place it is only the same if all before it is the same, too.
 *
 * KEYS: the channel's position, its history, the record of the idempotency key.
 * ARGV: pub/sub channel, open JSON, message id with kind, former cursor and except, its own part of the tag, chance for the
 * epoch of a channel without one, seconds that the position lives after its last use, seconds that the idempotency key is
 * remembered (0: there is none), PUBLISH or SPUBLISH, how many messages history keeps (0: none), seconds that history lives
 * after the last message.
 * Returns the cursor and 0, or the first cursor and 1 if the idempotency key was seen before.
 */
export const PUBLISH_SCRIPT = `
local isOnce = tonumber(ARGV[7]) > 0
local first = isOnce and redis.call('GET', KEYS[3])
if first then
  return { first, 1 }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HSETNX', KEYS[1], 'epoch', string.format('%011x', now) .. ARGV[5]) == 1 then
  redis.call('DEL', KEYS[2])
end
local offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
local before = redis.call('HMGET', KEYS[1], 'epoch', 'tag')
local tag = string.sub(redis.sha1hex((before[2] or '') .. ARGV[4]), 1, 8)
redis.call('HSET', KEYS[1], 'tag', tag)
redis.call('EXPIRE', KEYS[1], ARGV[6])
local cursor = before[1] .. '.' .. string.format('%012x', offset) .. '.' .. tag
local message = '1 ' .. cursor .. ' ' .. ARGV[3] .. ' ' .. string.format('%.0f', now) .. '\\n' .. ARGV[2] .. ',"cursor":"' .. cursor .. '"}'
if tonumber(ARGV[9]) > 0 then
  redis.call('RPUSH', KEYS[2], message)
  redis.call('LTRIM', KEYS[2], -ARGV[9], -1)
  redis.call('EXPIRE', KEYS[2], ARGV[10])
end
if isOnce then
  redis.call('SET', KEYS[3], cursor, 'EX', ARGV[7])
end
redis.call(ARGV[8], ARGV[1], message)
return { cursor, 0 }
`;

/**
 * The cursor of a channel's newest message, and the messages that its history has from an offset on; begins the channel if
 * it is new, so that what comes next has this epoch.
 *
 * KEYS: the channel's position, its history. ARGV: chance for the epoch of a channel without one, seconds that the position
 * lives after its last use, the offset (empty: no messages), about how many bytes of messages are wanted.
 * Returns the cursor, and 1 if there are messages that were not wanted, followed by the messages: two, if there are, at the least.
 */
export const HISTORY_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HSETNX', KEYS[1], 'epoch', string.format('%011x', now) .. ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], 'offset', 0, 'tag', '00000000')
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
