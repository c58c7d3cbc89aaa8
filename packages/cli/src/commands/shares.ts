import type { SharesReport } from '@alwayson/protocol/shares.ts';
import type { Command } from 'commander';
import { askControlPlane } from '../environment/find-environment.ts';
import { renderShares } from '../output/render-shares.ts';
import { type GlobalOptions, registerCommand } from './register-command.ts';
import { watchReport } from './watch-report.ts';

interface SharesOptions extends GlobalOptions {
  watch?: boolean;
}

export function registerShares(program: Command): void {
  registerCommand<SharesOptions>(
    program,
    {
      usage: 'shares',
      summary: 'which part of the traffic each stamp gets, and why',
      example: 'shares --watch',
      details:
        'With --watch and --json: one document a line, whenever a weight, a class, a standing or a cause changes.',
    },
    async (io, { watch }) => {
      const first = await askControlPlane(io.env, (client) => client.shares());
      const render = (report: SharesReport, nowMs: number) => renderShares(report, io.out, nowMs);
      if (watch) await watchReport(io, { ask: (client) => client.shares(), render, toKey });
      else io.result(first, render(first, Date.now()));
    },
  ).option('-w, --watch', 'stay and show changes until Ctrl-C');
}

function toKey({
  generation,
  blind,
  cause,
  overflow,
  shed,
  refused,
  regions,
  stamps,
  detours,
  findings,
}: SharesReport) {
  return [
    generation,
    blind,
    cause,
    overflow > 0,
    shed > 0,
    refused.map(({ flow, part }) => [flow, part]),
    regions,
    stamps.map((stamp) => [stamp.id, stamp.class, stamp.standing.kind]),
    detours.map((detour) => [detour.flow, detour.cause]),
    findings.map(({ kind, stamp, flow }) => [kind, stamp, flow]),
  ];
}
