import type { Operation } from '@alwayson/protocol/operations.ts';
import type { Command } from 'commander';
import { awaitOperation } from '../client/await-operation.ts';
import type { ControlPlaneClient } from '../client/control-plane-client.ts';
import { toOperationError } from '../client/operation-error.ts';
import { askControlPlane } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderBackups } from '../output/render-backups.ts';
import { renderOperation } from '../output/render-operations.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';
import { findOwner } from './switch-options.ts';

interface OrderOptions extends GlobalOptions {
  owner?: string;
}

interface CreateOptions extends OrderOptions {
  note?: string;
}

interface VerifyOptions extends OrderOptions {
  region?: string;
}

/** A large database takes its time. */
const deadlineMs = 3_600_000;

export function registerBackup(program: Command): void {
  const summary = 'backups of the database: encrypted, in every region, proven by restoring them';
  const backup = program.command('backup').summary(summary).description(summary);
  registerCommand<GlobalOptions>(
    backup,
    {
      usage: 'list',
      summary: 'newest first, and when one was proven (also: ./alwayson backup)',
      example: 'backup',
      isDefault: true,
    },
    async (io) => {
      const report = await askControlPlane(io.env, (client) => client.backups());
      io.result(report, renderBackups(report, io.out, Date.now()));
    },
  );
  registerCommand<CreateOptions>(
    backup,
    {
      usage: 'create',
      summary: 'make one now, as before a change',
      example: 'backup create --note "before the new prices"',
      details:
        'Of what changed since the last one. They are made by themselves too: backups in the manifest.',
    },
    (io, options) => {
      const { note } = options;
      const request = { owner: findOwner(options), ...(note ? { note } : {}) };
      return run(io, (client) => client.createBackup(request));
    },
  )
    .option('--note <text>', 'why, for who reads the list')
    .option('--owner <name>', 'who is responsible (default: your user name)');
  registerCommand<VerifyOptions>(
    backup,
    {
      usage: 'verify [label]',
      summary: 'restore one to a throwaway server, replay the log, check every page and read every row',
      example: 'backup verify --region west',
      details: 'The newest without LABEL. Nothing that serves is touched. Done by itself each day.',
    },
    (io, options, [label]) => {
      const { region } = options;
      const named = { ...(label ? { label } : {}), ...(region ? { region } : {}) };
      const request = { owner: findOwner(options), ...named };
      return run(io, (client) => client.verifyBackup(request));
    },
  )
    .option('--region <name>', 'where it is kept (default: the last region)')
    .option('--owner <name>', 'who is responsible (default: your user name)');
}

async function run(io: CommandIo, ask: (client: ControlPlaneClient) => Promise<Operation>): Promise<void> {
  const ended = await askControlPlane(io.env, async (client) =>
    awaitOperation(client, await ask(client), { deadlineMs, tell: (text) => io.note(text) }),
  );
  if (ended.state !== 'succeeded') throw toOperationError(ended);
  io.result(ended, renderOperation(ended, io.out));
}
