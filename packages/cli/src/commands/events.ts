import { type Command, InvalidArgumentError } from 'commander';
import { createControlPlaneClient } from '../client/control-plane-client.ts';
import { followStream } from '../client/follow-stream.ts';
import { askControlPlane, findRunningEnvironment } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderEvent } from '../output/render-event.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

interface EventsOptions extends GlobalOptions {
  follow?: boolean;
  limit: number;
}

export function registerEvents(program: Command): void {
  registerCommand<EventsOptions>(
    program,
    {
      usage: 'events',
      summary: 'what happened, newest last',
      example: 'events --follow --limit 20',
      details: 'With --follow and --json: one document a line.',
    },
    runEvents,
  )
    .option('-f, --follow', 'stay and show what happens until Ctrl-C')
    .option('-n, --limit <number>', 'how many to show, at most 1000', createCountParser(1000), 50);
}

async function runEvents(io: CommandIo, options: EventsOptions): Promise<void> {
  const events = await askControlPlane(io.env, (client) => client.events({ limit: options.limit }));
  const text = events.map((event) => renderEvent(event, io.out));
  if (!options.follow) {
    io.result(events, text.length > 0 ? text.join('\n') : 'Nothing has happened yet.');
    return;
  }
  for (const [index, event] of events.entries()) io.result(event, text[index] ?? '');
  const client = createControlPlaneClient(findRunningEnvironment(io.env));
  const after = events.at(-1)?.seq ?? 0;
  for await (const message of followStream(client, { signal: new AbortController().signal, after })) {
    if (message.type === 'event') io.result(message.event, renderEvent(message.event, io.out));
    if (message.type === 'disconnected') findRunningEnvironment(io.env);
  }
}

/** For options that count something: a whole number from 1 to `max`. */
export function createCountParser(max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (Number.isInteger(count) && count >= 1 && count <= max) return count;
    throw new InvalidArgumentError(`A whole number from 1 to ${max}.`);
  };
}
