/**
 * What Redis does in one step, in Lua: no other node sees half of a REGISTER (RFC 3261 §10.3 step 7).
 * Entries are the values of redis-entry.ts. Works with Redis 6.2 and later, and with Valkey.
 */

/**
 * Takes the entries that are later than those that are there, forgets what has run out, lets the
 * server end the device with its last entry, and tells the nodes what is new.
 *
 * KEYS: the hash of the device. ARGV: channel, who asks, the device, epoch milliseconds there, how many
 * removals are kept, and then fields with their values. Returns fields and values that were not taken,
 * since those that are there are as late or later.
 */
const CHANGE = `
local function times(value)
	local stamp, keep = string.match(value, "^(%d+) (%d+) ")
	return tonumber(stamp) or 0, tonumber(keep) or 0
end
local now, kept = tonumber(ARGV[4]), tonumber(ARGV[5])
local news, others = {"change", ARGV[2], ARGV[3]}, {}
for i = 6, #ARGV, 2 do
	local field, value = ARGV[i], ARGV[i + 1]
	local stamp, keep = times(value)
	local old = redis.call("HGET", KEYS[1], field)
	local oldStamp, oldKeep = -1, 0
	if old then oldStamp, oldKeep = times(old) end
	if stamp > oldStamp then
		if oldKeep > keep then
			value = string.gsub(value, "^(%d+) %d+", "%1 " .. string.format("%d", oldKeep), 1)
		end
		redis.call("HSET", KEYS[1], field, value)
		news[#news + 1] = field
		news[#news + 1] = value
	elseif old ~= value then
		others[#others + 1] = field
		others[#others + 1] = old
	end
end
if #news == 3 then return others end
local last, removed = 0, {}
local all = redis.call("HGETALL", KEYS[1])
for i = 1, #all, 2 do
	local stamp, keep = times(all[i + 1])
	if keep <= now then
		redis.call("HDEL", KEYS[1], all[i])
	else
		if keep > last then last = keep end
		if string.match(all[i + 1], "^%d+ %d+ %S+ $") then
			removed[#removed + 1] = {stamp, all[i]}
		end
	end
end
if #removed > kept then
	table.sort(removed, function(a, b) return a[1] < b[1] end)
	for i = 1, #removed - kept do redis.call("HDEL", KEYS[1], removed[i][2]) end
end
if last > 0 then redis.call("PEXPIRE", KEYS[1], string.format("%d", last - now)) end
redis.call("PUBLISH", ARGV[1], table.concat(news, "\\n"))
return others
`;

/**
 * A node says that it is there. KEYS: the hash of the nodes. ARGV: its name, what it says of itself,
 * and after how many milliseconds of silence a node is forgotten. Returns what it said the last time,
 * and then of each node the name, the milliseconds since it was heard, and what it said.
 */
const BEAT = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = redis.call("HGET", KEYS[1], ARGV[1])
redis.call("HSET", KEYS[1], ARGV[1], string.format("%d ", now) .. ARGV[2])
local result = {before and string.match(before, "^%d+ (.*)$") or ""}
local all = redis.call("HGETALL", KEYS[1])
for i = 1, #all, 2 do
	local at, says = string.match(all[i + 1], "^(%d+) (.*)$")
	local silent = now - (tonumber(at) or 0)
	if silent > tonumber(ARGV[3]) then
		redis.call("HDEL", KEYS[1], all[i])
	else
		result[#result + 1] = all[i]
		result[#result + 1] = string.format("%d", silent)
		result[#result + 1] = says or ""
	end
end
return result
`;

/** A node ends in good order. KEYS: the hash of the nodes. ARGV: channel, its name. */
const LEAVE = `
redis.call("HDEL", KEYS[1], ARGV[2])
redis.call("PUBLISH", ARGV[1], "leave\\n" .. ARGV[2])
return 1
`;

export const SCRIPTS = {
	sipwrightChange: { lua: CHANGE, numberOfKeys: 1 },
	sipwrightBeat: { lua: BEAT, numberOfKeys: 1 },
	sipwrightLeave: { lua: LEAVE, numberOfKeys: 1 },
};

/** What ioredis makes of them. */
export type ScriptCommands = {
	sipwrightChange(...words: readonly (string | number)[]): Promise<readonly string[]>;
	sipwrightBeat(...words: readonly (string | number)[]): Promise<readonly string[]>;
	sipwrightLeave(...words: readonly (string | number)[]): Promise<number>;
};
