import process from 'node:process'
import cachedMix from './cached-mix.ts'
import cachedReads from './cached-reads.ts'
import cachedWrites from './cached-writes.ts'
import deals from './deals.ts'
import eventLoop from './event-loop.ts'
import growth from './growth.ts'
import limits from './limits.ts'
import memory from './memory.ts'
import { answer } from './question.ts'
import reads from './reads.ts'
import { writeReadme } from './results.ts'
import serialGrowth from './serial-growth.ts'
import serials from './serials.ts'
import { readSettings } from './settings.ts'
import trades from './trades.ts'

// npm run bench -- [--quick | --full] [--minutes 10] [--database sqlite] [deals trades serials serial-growth reads ...]
// A name also stands for all that begin with it: `cached` for cached-reads, cached-mix and cached-writes.

const settings = readSettings(process.argv.slice(2))
const questions = {
  deals: () => answer(deals, settings),
  trades: () => answer(trades, settings),
  serials: () => answer(serials, settings),
  reads: () => answer(reads, settings),
  'cached-reads': () => answer(cachedReads, settings),
  'cached-mix': () => answer(cachedMix, settings),
  'cached-writes': () => answer(cachedWrites, settings),
  growth: () => answer(growth, settings),
  'serial-growth': () => answer(serialGrowth, settings),
  memory: () => answer(memory, settings),
  'event-loop': () => answer(eventLoop, settings),
  limits: () => answer(limits, settings),
}

const isNamed = (question: string, name: string): boolean => question === name || question.startsWith(`${name}-`)
const unknown = settings.questions.filter((name) => !Object.keys(questions).some((question) => isNamed(question, name)))
if (unknown.length > 0) {
  console.error(`There is no question ${unknown.join(', ')}; there are ${Object.keys(questions).join(', ')}.`)
  process.exit(2)
}
for (const [name, measure] of Object.entries(questions)) {
  if (settings.questions.length === 0 || settings.questions.some((wanted) => isNamed(name, wanted))) await measure()
}
if (settings.level !== 'quick') await writeReadme()
