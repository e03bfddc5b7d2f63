import process from 'node:process'
import deals from './deals.ts'
import eventLoop from './event-loop.ts'
import growth from './growth.ts'
import limits from './limits.ts'
import memory from './memory.ts'
import { answer } from './question.ts'
import reads from './reads.ts'
import { writeReadme } from './results.ts'
import { readSettings } from './settings.ts'

// npm run bench -- [--quick | --full] [--minutes 10] [--database sqlite] [deals reads growth memory event-loop limits]

const settings = readSettings(process.argv.slice(2))
const questions = {
  deals: () => answer(deals, settings),
  reads: () => answer(reads, settings),
  growth: () => answer(growth, settings),
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
