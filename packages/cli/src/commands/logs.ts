import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Command } from 'commander';
import { createHostClients, type HostClient } from '../client/host-client.ts';
import { findRunningEnvironment } from '../environment/find-environment.ts';
import { findNearestName } from '../manifest/nearest-name.ts';
import type { CommandIo } from '../output/command-io.ts';
import { createCountParser } from './events.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

interface LogsOptions extends GlobalOptions {
  follow?: boolean;
  lines: number;
}

export function registerLogs(program: Command): void {
  registerCommand<LogsOptions>(
    program,
    {
      usage: 'logs <unit>',
      summary: "the end of a unit's log",
      example: 'logs control-plane --follow',
      details: 'Read from the host of its zone, so it works without the control plane too.',
    },
    runLogs,
  )
    .option('-f, --follow', 'stay and show what is written until Ctrl-C')
    .option('-n, --lines <number>', 'how many lines, at most 5000', createCountParser(5000), 100);
}

async function runLogs(io: CommandIo, { follow, lines }: LogsOptions, args: string[]): Promise<void> {
  const unit = args[0] ?? '';
  const host = await findHostOf(unit, createHostClients(findRunningEnvironment(io.env)));
  if (!follow) {
    const log = (await host.log(unit, { lines })).trimEnd();
    const isEmpty = log === '';
    io.result(
      { unit, zone: host.zone, lines: isEmpty ? [] : log.split('\n') },
      isEmpty ? `${unit} has written nothing.` : log,
    );
    return;
  }
  if (io.json)
    throw new AlwaysOnError('AON_USAGE', 'A log that is followed has no end and so no JSON document.');
  const signal = new AbortController().signal;
  for await (const text of host.followLog(unit, { lines, signal })) process.stdout.write(text);
}

async function findHostOf(unit: string, hosts: readonly HostClient[]): Promise<HostClient> {
  const answers = await Promise.allSettled(hosts.map((host) => host.status({ timeoutMs: 3000 })));
  const known = answers.map((answer) =>
    answer.status === 'fulfilled' ? answer.value.units.map(({ id }) => id) : [],
  );
  const host = hosts[known.findIndex((ids) => ids.includes(unit))];
  if (host) return host;
  const silent = hosts.filter((_, index) => answers[index]?.status === 'rejected').map(({ zone }) => zone);
  const nearest = findNearestName(unit, known.flat());
  const parts = [
    `No unit is called ${unit}.`,
    ...(nearest ? [`Did you mean ${nearest}?`] : []),
    ...(silent.length > 0 ? [`The hosts of ${silent.join(', ')} do not answer.`] : []),
  ];
  throw new AlwaysOnError('AON_NOT_FOUND', parts.join(' '));
}
