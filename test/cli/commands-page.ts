import type { Argument, Command, Option } from 'commander'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { makeProgram } from '../../src/cli/program.ts'

/** The page of commands, made of the definition that the command line itself runs on. */
export function commandsPage(): string {
  const program = makeProgram({ exitCode: 0 })
  const commands = program.commands.map(chapter)
  const codes = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${cell(meaning)} |`)
  return `# Commands

<!-- Made from src/cli by \`npm run docs\`: change it there. -->

\`\`\`sh
${program.name()} --storage sqlite:farm.db add farm 1 apple 5
\`\`\`

${program.description()} The options of all commands may stand before or after a command's name.

${optionTable('option of all commands', program.options)}

Results go to standard output; errors and progress go to standard error, an error in a line or two with its code. \`STOCKPILE_DEBUG=1\` adds the
stack. Passwords are never printed. An id that begins with a dash goes behind \`--\`.

| exit code | meaning |
| --- | --- |
${codes.join('\n')}

${commands.join('\n\n')}
`
}

function chapter(command: Command): string {
  const usage = [command.name(), ...command.registeredArguments.map(argumentText)].join(' ')
  const options = command.options.length === 0 ? '' : `\n\n${optionTable('option', command.options)}`
  return `## ${command.name()}

\`\`\`text
stockpile ${usage}${command.options.length > 0 ? ' [options]' : ''}
\`\`\`

${command.description()}${options}`
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? name : `[${name}]`
}

function optionTable(title: string, options: readonly Option[]): string {
  const rows = options.map((option) => `| \`${option.flags.replaceAll(/[<>]/g, '')}\` | ${cell(meaningOf(option))} |`)
  return `| ${title} | meaning |\n| --- | --- |\n${rows.join('\n')}`
}

function meaningOf({ description, envVar, defaultValue }: Option): string {
  const variable = envVar === undefined ? '' : `; otherwise the environment variable \`${envVar}\``
  const usual = defaultValue === undefined ? '' : ` (default: ${String(defaultValue)})`
  return `${description}${variable}${usual}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim()
}
