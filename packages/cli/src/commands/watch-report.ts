import { setTimeout as delay } from 'node:timers/promises';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import { type ControlPlaneClient, createControlPlaneClient } from '../client/control-plane-client.ts';
import { findRunningEnvironment } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { createLiveRegion } from '../output/terminal.ts';

/** As often as the control plane decides anew. */
const intervalMs = 1000;

export interface Watched<Report> {
  ask(client: ControlPlaneClient): Promise<Report>;
  render(report: Report, nowMs: number): string;
  /** What `--json` tells of it; the report itself when absent. */
  toDocument?(report: Report): unknown;
  /** What matters of a report: one that differs only in ages and measured values is not told again. */
  toKey(report: Report): unknown;
}

/** Also while it has just started and knows nothing yet. */
const away: ReadonlySet<string> = new Set(['AON_UNREACHABLE', 'AON_TIMEOUT', 'AON_STARTING']);

const awayNote = 'The control plane does not answer. This is what was seen last.';

/**
 * Shows a report and its changes until Ctrl-C: in place on a terminal, else one after the other. While the control plane is away it
 * says so and goes on; ends with an error when nothing runs any more, or when the control plane refuses.
 */
export async function watchReport<Report>(io: CommandIo, watched: Watched<Report>): Promise<never> {
  const client = createControlPlaneClient(findRunningEnvironment(io.env));
  const region = process.stdout.isTTY && !io.json ? createLiveRegion(process.stdout) : undefined;
  const { ask, render, toDocument = (report) => report, toKey } = watched;
  let last: { report: Report; key: string } | undefined;
  let wasAway = false;
  for (;;) {
    const report = await askUnlessAway(io, () => ask(client));
    const isAway = report === undefined;
    const next = isAway ? last : { report, key: JSON.stringify(toKey(report)) };
    if (region) {
      const lines = next === undefined ? [] : render(next.report, Date.now()).split('\n');
      region.show([...(isAway ? [awayNote] : []), ...lines]);
    } else {
      if (isAway && !wasAway) io.note(awayNote);
      if (next !== undefined && next.key !== last?.key) {
        io.result(toDocument(next.report), render(next.report, Date.now()));
      }
    }
    wasAway = isAway;
    last = next;
    await delay(intervalMs);
  }
}

/** Undefined while the control plane is away; AON_NOT_RUNNING when nothing runs any more. */
export async function askUnlessAway<Report>(
  io: CommandIo,
  ask: () => Promise<Report>,
): Promise<Report | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!isAlwaysOnError(error) || !away.has(error.code)) throw error;
    // Tells when nothing runs any more, and ends the watch with it.
    findRunningEnvironment(io.env);
    return undefined;
  }
}
