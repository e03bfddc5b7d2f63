import { createHash } from 'node:crypto'

/** What is done on the server, each in one step that nothing comes between. */
export const scriptNames = ['check', 'find', 'intend', 'store', 'release', 'remove'] as const

/** The name of a script. */
export type ScriptName = (typeof scriptNames)[number]

/**
 * A stretch of time during which one server process is the primary without a break: nothing that was acknowledged in it can have been
 * forgotten. It ends when the process ends, and when it is made a replica, even if it becomes the primary again later.
 */
export interface Life {
  /** The process. */
  readonly runId: string
  /** Its replication history: every promotion begins another one. */
  readonly replicationId: string
}

/** Hexadecimal digits of a token, and of the life that stands after them. */
export const tokenHexes = 24
const lifeHexes = 16

/** How an entry begins: its kind (V, L or I), its token and the life that it belongs to. All of that is its identity. */
export const headChars = 1 + tokenHexes + lifeHexes

/** Where in an entry its life stands. */
export const lifeAt = 1 + tokenHexes

/** What scripts answer with in another life than theirs. */
export const otherLifeCode = 'STOCKPILE_LIFE'

/** A short name for a life, by which entries are stamped. */
export function incarnationOf({ runId, replicationId }: Life): string {
  return createHash('sha256').update(`${runId} ${replicationId}`).digest('hex').slice(0, lifeHexes)
}

// A process that never had these scripts, with the life in their text, answers NOSCRIPT: the memory of scripts is neither stored nor
// replicated. The same process may still begin another life, as a replica that is promoted again later, so each run looks. What was
// stored in another life than the script's is nothing: it may lack what was acknowledged after it was copied to a disk or a replica.
function prelude(life: Life): string {
  return `-- Stockpile, process ${life.runId}
local life = '${incarnationOf(life)}'
local call, pcall = redis.call, redis.pcall
local info = call('INFO', 'replication')
if not string.find(info, 'role:master', 1, true) or not string.find(info, 'master_replid:${life.replicationId}', 1, true) then
  return redis.error_reply('${otherLifeCode} the server has begun another life')
end
local function kindOf(entry)
  if entry and #entry >= ${headChars} and string.sub(entry, ${2 + tokenHexes}, ${headChars}) == life then return string.byte(entry) end
end
local function valueOf(entry)
  return type(entry) == 'string' and kindOf(entry) == 86 and entry or ''
end
local function begins(entry, head)
  return entry == head or entry and #entry > ${headChars} and string.sub(entry, 1, ${headChars}) == head
end
local function has(key, head)
  return pcall('GETRANGE', key, 0, ${headChars - 1}) == head
end
`
}

// V is 86, L is 76, I is 73. MGET takes what is no text, which somebody else has put there, for nothing, and SET with GET refuses it. A status reply is a table with `ok`, an error one with `err`.
const bodies: Readonly<Record<ScriptName, string>> = {
  // That the life still goes on is the answer.
  check: `
return {}`,
  // KEYS: keys, then guards. ARGV: token, milliseconds of a lease, then the heads that are known of the keys.
  // Answers of each: an entry, k (as known), + (leased), l (a lease), i (an intent), f (no room for a lease).
  find: `
local lease, answers, entries = 'L' .. ARGV[1] .. life, {}, nil
if not ARGV[3] then entries = call('MGET', unpack(KEYS)) end
for at = 1, #KEYS do
  local key, known = KEYS[at], ARGV[at + 2]
  if known and known ~= '' and has(key, known) then
    answers[at] = 'k'
  else
    local entry = entries and entries[at] or not entries and call('MGET', key)[1]
    local kind = kindOf(entry)
    if kind == 86 then answers[at] = entry
    elseif kind == 76 then answers[at] = 'l'
    elseif kind == 73 then answers[at] = 'i'
    elseif pcall('SET', key, lease, 'PX', ARGV[2]).ok then answers[at] = '+'
    else answers[at] = 'f' end
  end
end
return answers`,
  // KEYS: keys, then guards. ARGV: token, milliseconds of an intent, number of keys. Answers: of each key and guard, the value before or nothing;
  // in one text for all keys + (stored), - (removed instead) or ! (neither) of each; what went wrong last.
  intend: `
local intent, count, answers, done, fault = 'I' .. ARGV[1] .. life, tonumber(ARGV[3]), {}, {}, ''
for at = 1, count do
  local entry = pcall('SET', KEYS[at], intent, 'PX', ARGV[2], 'GET')
  done[at] = '+'
  if type(entry) == 'table' then
    entry = pcall('GET', KEYS[at])
    if not pcall('SET', KEYS[at], intent, 'PX', ARGV[2]).ok then
      local removed = pcall('DEL', KEYS[at])
      if type(removed) == 'number' then done[at] = '-' else done[at], fault = '!', removed.err end
    end
  end
  answers[at] = valueOf(entry)
end
for at = count + 1, #KEYS do
  answers[at] = valueOf(pcall('GET', KEYS[at]))
end
answers[#KEYS + 1], answers[#KEYS + 2] = table.concat(done), fault
return answers`,
  // ARGV: milliseconds of a value, the head of the new entries, then of each key the head that it must have, or nothing for the same as before it,
  // and the text of its new entry. Answers in one text for all: 1 (stored) or 0 of each.
  store: `
local answers, entries, head = {}, call('MGET', unpack(KEYS)), ''
for at = 1, #KEYS do
  if ARGV[2 * at + 1] ~= '' then head = ARGV[2 * at + 1] end
  answers[at] = begins(entries[at], head) and pcall('SET', KEYS[at], ARGV[2] .. ARGV[2 * at + 2], 'PX', ARGV[1]).ok and '1' or '0'
end
return {table.concat(answers)}`,
  // ARGV: of each key the head that it must have.
  release: `
for at = 1, #KEYS do
  if has(KEYS[at], ARGV[at]) then pcall('DEL', KEYS[at]) end
end
return {}`,
  // Answers of each: 1 (nothing lies there) or 0.
  remove: `
local answers = {}
for at = 1, #KEYS do
  answers[at] = type(pcall('DEL', KEYS[at])) == 'number' and '1' or '0'
end
return answers`,
}

/** The text of a script for one life of a server. */
export function scriptOf(name: ScriptName, life: Life): string {
  return prelude(life) + bodies[name].trimStart()
}
