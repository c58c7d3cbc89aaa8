import { createManifestJsonSchema } from '@alwayson/cli/manifest/manifest-json-schema.ts';
import { createProgram } from '@alwayson/cli/program.ts';

type Command = ReturnType<typeof createProgram>;

const helpWidth = 100;

/** File (from the root) and content of every page that is made from the code. */
export function renderReferencePages(): Record<string, string> {
  return {
    'docs/reference/manifest.schema.json': `${JSON.stringify(createManifestJsonSchema(), null, 2)}\n`,
    'docs/reference/cli.md': renderCliPage(),
  };
}

function renderCliPage(): string {
  const program = createProgram();
  const commands = listCommands(program).map((command) => {
    const name = [command.parent, command]
      .map((part) => part?.name())
      .filter((part) => part !== program.name());
    return `## ${name.join(' ')}\n\n${toBlock(command)}`;
  });
  const head = [
    '# The command line',
    '',
    'Made from the commands themselves by `node scripts/write-reference.ts`; a test compares it with them.',
    '',
    '`./alwayson` sets up what is missing (npm packages, engines), then runs the command. Answers go to standard output, progress and',
    'notes to standard error. Every error carries a code of [the catalogue](errors.md), its cause and what to do next; with `--json` it is',
    'a problem document (RFC 9457) on standard output.',
    '',
    '| exit code | meaning |',
    '|---|---|',
    '| 0 | done |',
    '| 1 | failed |',
    '| 2 | wrong usage or manifest |',
    '| 3 | refused by a guard |',
    '| 4 | nothing is running |',
    '',
    '| variable | meaning |',
    '|---|---|',
    '| `ALWAYSON_HOME` | the state folder; default `.alwayson` beside AlwaysOn. Each state folder is an environment of its own |',
    '| `NO_COLOR` | no colours |',
  ];
  return [...head, '', toBlock(program), ...commands].join('\n');
}

function listCommands(parent: Command): Command[] {
  return parent.commands.flatMap((command) =>
    command.commands.length > 0 ? listCommands(command) : [command],
  );
}

function toBlock(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => helpWidth });
  command.outputHelp();
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
}
