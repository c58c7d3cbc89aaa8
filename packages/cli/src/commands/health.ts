import type { HealthReport } from '@alwayson/protocol/health.ts';
import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { renderHealth } from '../output/render-health.ts';
import { findEntity } from './find-entity.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';
import { watchReport } from './watch-report.ts';

interface HealthOptions extends GlobalOptions {
  all?: boolean;
  watch?: boolean;
}

export function registerHealth(program: Command): void {
  registerCommand<HealthOptions>(
    program,
    {
      usage: 'health [entity]',
      summary: 'how the workload is, from its flows down, and why',
      example: 'health flow:list-items --watch',
      details:
        'An entity is named by its id (flow:list-items) or, where only one has it, its name.\n' +
        'With --json: the report; of an entity, with it and what is below it only.\n' +
        'With --watch and --json: one document a line, whenever a state, a flag or a cause changes.',
    },
    async (io, { all, watch }, [name]) => {
      // Whatever is wrong with the question is told before a watch begins.
      const first = await askControlPlane(io.env, (client) => client.health());
      const entity = name === undefined ? undefined : findEntity(first, name).id;
      const render = (report: HealthReport, nowMs: number) =>
        renderHealth(report, io.out, { nowMs, entity, all });
      const narrow = (report: HealthReport) => (entity === undefined ? report : narrowReport(report, entity));
      if (!watch) {
        io.result(narrow(first), render(first, Date.now()));
        return;
      }
      await watchReport(io, {
        ask: (client) => client.health(),
        render,
        toDocument: narrow,
        toKey: (report) => toKey(narrow(report)),
      });
    },
  )
    .option('-a, --all', 'healthy parts too, each on a line of its own')
    .option('-w, --watch', 'stay and show changes until Ctrl-C');
}

function toKey({ blindObservers, entities }: HealthReport): unknown {
  return [
    blindObservers,
    entities.map(({ id, state, flags, partial, rootCauses }) => [id, state, flags, partial, rootCauses]),
  ];
}

/** The entity and everything below it. Children stand after their parents. */
function narrowReport(report: HealthReport, entity: string): HealthReport {
  // One that is gone since, as a stamp of an old release, is told as such.
  const below = new Set([findEntity(report, entity).id]);
  for (const { id, children } of report.entities) {
    if (below.has(id)) for (const { to } of children) below.add(to);
  }
  return { ...report, entities: report.entities.filter(({ id }) => below.has(id)) };
}
