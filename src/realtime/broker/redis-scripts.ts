/**
 * Gives a message the next position of its channel and hands it to all subscribers, in one step.
 *
 * KEYS: the channel's position, the record of the idempotency key.
 * ARGV: pub/sub channel, open JSON, message id and kind, tag, epoch for a channel without one, seconds that the position lives
 * after its last use, seconds that the idempotency key is remembered (0: there is none), PUBLISH or SPUBLISH.
 * Returns the cursor, or nil if the idempotency key was seen before.
 */
export const PUBLISH_SCRIPT = `
if tonumber(ARGV[7]) > 0 and not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[7]) then
  return nil
end
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[5])
local offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
redis.call('HSET', KEYS[1], 'tag', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[6])
local cursor = redis.call('HGET', KEYS[1], 'epoch') .. '.' .. string.format('%012x', offset) .. '.' .. ARGV[4]
redis.call(ARGV[8], ARGV[1], '1 ' .. cursor .. ' ' .. ARGV[3] .. '\\n' .. ARGV[2] .. ',"cursor":"' .. cursor .. '"}')
return cursor
`;

/**
 * The cursor of a channel's newest message; begins the channel if it is new, so that what comes next has this epoch.
 *
 * KEYS: the channel's position. ARGV: epoch for a channel without one, seconds that the position lives after its last use.
 */
export const POSITION_SCRIPT = `
if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], 'offset', 0, 'tag', '00000000')
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
local position = redis.call('HMGET', KEYS[1], 'epoch', 'offset', 'tag')
return position[1] .. '.' .. string.format('%012x', position[2]) .. '.' .. position[3]
`;
