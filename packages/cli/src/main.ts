import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { CommanderError } from 'commander';
import { toFailure } from './output/render-failure.ts';
import { createProgram } from './program.ts';

/** Runs one command line; the process's exit code is set, never forced, so that output gets out whole. */
async function main(args: readonly string[]): Promise<void> {
  // A reader that went away (`alwayson events | head`) ends the command and is no failure.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => code === 'EPIPE' && process.exit(0));
  // A terminal that was closed cannot be told anything, and what is going on must still end in order.
  process.stderr.on('error', () => undefined);
  try {
    const program = createProgram();
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args[0] === '--version' ? ['-V'] : args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    report(error instanceof CommanderError ? toUsageError(error) : error, args.includes('--json'));
  }
}

function toUsageError(error: CommanderError): AlwaysOnError {
  return new AlwaysOnError('AON_USAGE', error.message.replace(/^error: /, '').replaceAll('\n', ' '));
}

function report(error: unknown, json: boolean): void {
  const { text, document, exitCode } = toFailure(error);
  if (json) process.stdout.write(`${JSON.stringify(document)}\n`);
  else process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
}

await main(process.argv.slice(2));
