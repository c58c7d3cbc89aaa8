import type { Status } from '@alwayson/protocol/status.ts';
import type { Command } from 'commander';
import { followStream } from '../client/follow-stream.ts';
import { askControlPlane, findRunningEnvironment } from '../environment/find-environment.ts';
import { createControlPlaneClient } from '../client/control-plane-client.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderStatus } from '../output/render-status.ts';
import { createLiveRegion } from '../output/terminal.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

interface StatusOptions extends GlobalOptions {
  watch?: boolean;
}

export function registerStatus(program: Command): void {
  registerCommand<StatusOptions>(
    program,
    {
      usage: 'status',
      summary: 'what runs where, and how it is',
      example: 'status --watch',
      details: 'With --watch and --json: one document a line, whenever something changes.',
    },
    async (io, options) => {
      const status = await askControlPlane(io.env, (client) => client.status());
      if (options.watch) await watch(io);
      else io.result(status, renderStatus(status, io.out));
    },
  ).option('-w, --watch', 'stay and show changes until Ctrl-C');
}

async function watch(io: CommandIo): Promise<void> {
  const client = createControlPlaneClient(findRunningEnvironment(io.env));
  const region = process.stdout.isTTY && !io.json ? createLiveRegion(process.stdout) : undefined;
  const show = (status: Status) => {
    const text = renderStatus(status, io.out);
    if (region) region.show(text.split('\n'));
    else io.result(status, text);
  };
  for await (const message of followStream(client, { signal: new AbortController().signal })) {
    if (message.type === 'status') show(message.status);
    // Tells when nothing runs any more, and ends the watch with it.
    if (message.type === 'disconnected') findRunningEnvironment(io.env);
  }
}
