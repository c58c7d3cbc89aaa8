import type { Command } from 'commander';
import { type CommandIo, createCommandIo } from '../output/command-io.ts';

export interface CommandDefinition {
  /** As commander writes it: `logs <unit>`. */
  usage: string;
  summary: string;
  /** Without the leading `./alwayson`. */
  example: string;
  /** More for `--help`: what else is worth knowing. */
  details?: string;
  /** The one of its group that runs when none is named. */
  isDefault?: boolean;
}

/** What `--json`, `--config` and `--env`, which every command takes, were given. */
export interface GlobalOptions {
  json?: boolean;
  config?: string;
  env?: string;
}

/** Adds a command with its help in the house's form; `run` gets its options, its arguments, and how to speak. */
export function registerCommand<Options extends object>(
  program: Command,
  definition: CommandDefinition,
  run: (io: CommandIo, options: Options & GlobalOptions, args: string[]) => Promise<void>,
): Command {
  const details = definition.details ? `\n${definition.details}\n` : '';
  return program
    .command(definition.usage, { isDefault: definition.isDefault === true })
    .summary(definition.summary)
    .description(definition.summary)
    .addHelpText('after', `${details}\nExample:\n  $ ./alwayson ${definition.example}`)
    .action(async (...received: unknown[]) => {
      const command = received.at(-1) as Command;
      const options = command.optsWithGlobals<Options & GlobalOptions>();
      const io = createCommandIo({ json: options.json === true, environment: options.env });
      await run(io, options, command.args);
    });
}
