import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { renderOperation, renderOperations } from '../output/render-operations.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

const shownMax = 30;

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
}
