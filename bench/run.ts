import process from 'node:process'
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

const settings = readSettings(process.argv.slice(2))
const questions = {
  deals: () => answer(deals, settings),
  trades: () => answer(trades, settings),
  serials: () => answer(serials, settings),
  reads: () => answer(reads, settings),
  growth: () => answer(growth, settings),
  'serial-growth': () => answer(serialGrowth, settings),
  memory: () => answer(memory, settings),
  'event-loop': () => answer(eventLoop, settings),
  limits: () => answer(limits, settings),
}

const unknown = settings.questions.filter((name) => !Object.hasOwn(questions, name))
if (unknown.length > 0) {
  console.error(`There is no question ${unknown.join(', ')}; there are ${Object.keys(questions).join(', ')}.`)
  process.exit(2)
}
for (const [name, measure] of Object.entries(questions)) {
  if (settings.questions.length === 0 || settings.questions.includes(name)) await measure()
}
if (settings.level !== 'quick') await writeReadme()
