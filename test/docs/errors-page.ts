import * as surface from '../../src/index.ts'
import type { ErrorReference } from '../../src/errors.ts'

/** An error class that the public surface shows. */
interface ErrorClass {
  readonly name: string
  readonly reference: ErrorReference
}

/** Every error class of the public surface but the abstract one, in the order of their codes. */
export function errorClasses(): ErrorClass[] {
  return Object.values(surface)
    .flatMap((value) => (isErrorClass(value) ? [value] : []))
    .sort((left, right) => (left.reference.code < right.reference.code ? -1 : 1))
}

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && 'reference' in value && value.reference !== undefined
}

/** The page of errors, made of what their classes say about themselves. */
export function errorsPage(): string {
  const rows = errorClasses().map(
    ({ name, reference: { code, isRetryable, meaning, afterwards } }) =>
      `| \`${code}\` | \`${name}\` | ${isRetryable ? 'yes' : 'no'} | ${cell(meaning)} | ${cell(afterwards)} |`,
  )
  return `# Errors

<!-- Made from src/errors.ts by \`npm run docs\`: change it there. -->

Every error that Stockpile throws on purpose is a \`StockpileError\`. It has a \`code\`, which never changes its meaning; \`isRetryable\`, which
says whether the same call can succeed when it is made again unchanged; \`data\`, the facts behind the message; and, where a
driver said something, the \`cause\`.

\`\`\`ts
try {
  await inventory.subtract('sword', 1_000)
} catch (error) {
  if (!(error instanceof NotEnoughError)) throw error
  console.log(error.code, error.held, error.wanted) // NOT_ENOUGH 0n 1000n
}
\`\`\`

Of several faults in one deal the first of this order is reported: an argument breaks a rule; the key was used for another request;
\`ifVersion\`, in the order of the changes; then each change in order.

| code | class | retry helps | what it means | afterwards |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}

/** A text that may stand in a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim()
}
