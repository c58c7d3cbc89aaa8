import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { awaitOperation } from '../client/await-operation.ts';
import type { ControlPlaneClient } from '../client/control-plane-client.ts';
import { toOperationError } from '../client/operation-error.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderOperation, renderOperations } from '../output/render-operations.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';
import { addOwnerOption, findOwner, type OwnerOptions } from './switch-options.ts';

const shownMax = 30;
/** A backup of much data, or a release, may take its time. */
const deadlineMs = 3_600_000;

export function registerOps(program: Command): void {
  const summary = 'the operations that changed this environment, and those that do now';
  const ops = program.command('ops').summary(summary).description(summary);
  registerCommand<GlobalOptions>(
    ops,
    {
      usage: 'list',
      summary: 'newest first (also: ./alwayson ops)',
      example: 'ops',
      isDefault: true,
    },
    async (io) => {
      const operations = await askControlPlane(io.env, (client) => client.operations());
      io.result(operations, renderOperations(operations.slice(0, shownMax)));
    },
  );
  registerCommand<GlobalOptions>(
    ops,
    {
      usage: 'show <id>',
      summary: 'its steps, what it waits for, and what it measured',
      example: 'ops show failover-1a2b3c4d',
    },
    async (io, _options, [id = '']) => {
      const operation = await askControlPlane(io.env, (client) => client.operation(id));
      io.result(operation, renderOperation(operation, io.out));
    },
  );
  registerOrder(ops, {
    usage: 'cancel <id>',
    summary: 'lead it back, before its point of no return, and wait until it has ended',
    example: 'ops cancel restore-1a2b3c4d',
    details:
      'For switches, restores, backups and releases. Exit code 0 when it ended without having happened; refused (3) when it is too late.',
    order: (client, id, owner) => client.cancelOperation(id, owner),
    isWanted: ({ state }) => state !== 'succeeded',
  });
  registerOrder(ops, {
    usage: 'resume <id>',
    summary: 'let it go on, and wait until it has ended',
    example: 'ops resume failover-1a2b3c4d',
    details: [
      'For a switch or restore that failed after its point of no return, and for a release that is paused. What the control plane was doing when',
      'it ended goes on by itself, without this.',
    ].join('\n'),
    order: (client, id, owner) => client.resumeOperation(id, owner),
    isWanted: ({ state }) => state === 'succeeded',
  });
}

interface OrderDefinition {
  usage: string;
  summary: string;
  example: string;
  details: string;
  order: (client: ControlPlaneClient, id: string, owner: string) => Promise<Operation>;
  /** Whether it ended as whoever ordered it wanted. */
  isWanted: (ended: Operation) => boolean;
}

function registerOrder(ops: Command, { order, isWanted, ...definition }: OrderDefinition): void {
  const act = async (io: CommandIo, options: OwnerOptions, [id = '']: readonly string[]) => {
    const ended = await askControlPlane(io.env, async (client) => {
      const begun = await order(client, id, findOwner(options));
      io.note(`${begun.title} (${id})`);
      return awaitOperation(client, begun, { deadlineMs, tell: (text) => io.note(`  ${text}`) });
    });
    if (!isWanted(ended)) throw toOperationError(ended);
    io.result(ended, renderOperation(ended, io.out));
  };
  addOwnerOption(registerCommand<OwnerOptions>(ops, definition, act));
}
