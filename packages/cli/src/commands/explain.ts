import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { renderExplanation } from '../output/render-explanation.ts';
import { findEntity } from './find-entity.ts';
import { registerCommand } from './register-command.ts';

export function registerExplain(program: Command): void {
  registerCommand(
    program,
    {
      usage: 'explain <entity>',
      summary: 'why something is in its state, since when, and what would clear it',
      example: 'explain store:database',
      details: 'An entity is named by its id (store:database) or, where only one has it, its name.',
    },
    async (io, _options, [name = '']) => {
      const explanation = await askControlPlane(io.env, async (client) => {
        const { id } = findEntity(await client.health(), name);
        return client.explain(id);
      });
      io.result(explanation, renderExplanation(explanation, io.out, Date.now()));
    },
  );
}
