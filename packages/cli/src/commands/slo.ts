import { toOpenSlo } from '@alwayson/protocol/open-slo.ts';
import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { renderSlo } from '../output/render-slo.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';

interface SloOptions extends GlobalOptions {
  openSlo?: boolean;
}

export function registerSlo(program: Command): void {
  registerCommand<SloOptions>(
    program,
    {
      usage: 'slo',
      summary: 'measured availability beside what was promised',
      example: 'slo --json',
      details:
        'Coverage is the part of the time whose telemetry is complete; the lower bound counts the rest as bad.\n' +
        'With --open-slo: the objectives as OpenSLO v1, in YAML, or with --json as a list of documents.',
    },
    async (io, options) => {
      const report = await askControlPlane(io.env, (client) => client.slo());
      if (!options.openSlo) {
        io.result(report, renderSlo(report, io.out));
        return;
      }
      const documents = toOpenSlo(report);
      const { renderOpenSlo } = await import('../output/render-open-slo.ts');
      io.result(documents, renderOpenSlo(documents));
    },
  ).option('--open-slo', 'the objectives and their alert policies as OpenSLO');
}
