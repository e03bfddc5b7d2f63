/**
 * Draws who does what, one step in each row and one column for each actor, as a table in Markdown.
 *
 * @param steps each beginning with the name of who takes it
 * @param what what the last step violates
 */
export function drawInterleaving(steps: readonly string[], what: string): string {
  const actors = [...new Set(steps.map(actorOf))].toSorted((one, other) => rank(one) - rank(other))
  const rows = steps.map((step, index) => {
    const cells = actors.map((actor) => (actor === actorOf(step) ? step.slice(actor.length + 1) : ''))
    return [`${index + 1}`, ...cells]
  })
  const last = rows.at(-1)
  const table = [['', ...actors.map(titleOf)], ['---', ...actors.map(() => '---')], ...rows.slice(0, -1)]
  if (last !== undefined) table.push(last.map((cell, index) => (index > 0 && cell !== '' ? `**${cell}**` : cell)))
  return [...table.map((cells) => `| ${cells.join(' | ')} |`), '', `**Broken:** ${what}.`].join('\n')
}

function actorOf(step: string): string {
  return step.slice(0, step.indexOf(' '))
}

function titleOf(actor: string): string {
  if (actor === 'an' || actor === 'the') return 'besides'
  const kind = kinds[actor.charAt(0)]
  return kind === undefined ? actor : `${kind} ${actor.slice(1)}`
}

const kinds: Readonly<Record<string, string>> = { W: 'writer', R: 'reader', B: 'bulk change', E: 'edit by hand' }

/** Writers before readers, and whoever else after them. */
function rank(actor: string): number {
  const kind = 'WR'.indexOf(actor.charAt(0))
  return (kind < 0 ? 2 : kind) * 10 + (Number.parseInt(actor.slice(1), 10) || 0)
}
