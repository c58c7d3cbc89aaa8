import type { Status } from '@alwayson/protocol/status.ts';
import { mainEnvironment } from '../environment/state-folder.ts';
import { renderTable } from '../output/text-table.ts';
import { listUnits } from './render-start.ts';

/** The short table after a start: where to go, what to try, how to end it. */
export function renderSummary(status: Status, options: { foreground: boolean; name: string }): string {
  const env = options.name === mainEnvironment ? '' : ` --env ${options.name}`;
  const zones = status.regions.flatMap((region) => region.zones);
  const head = `${status.workload} is running: ${status.regions.length} regions, ${zones.length} zones, ${listUnits(status).length} units.`;
  const victim = zones[0]?.name ?? 'ZONE';
  const rows = [
    ['Front door', status.frontDoor],
    ['Console', `${status.console}  (./alwayson open${env} signs you in)`],
    ['Look', `./alwayson status --watch${env}`],
    ['Break it', `./alwayson kill ${victim}${env}   and back: ./alwayson revive ${victim}${env}`],
    ['Stop it', `${options.foreground ? 'Ctrl-C here, or ' : ''}./alwayson down${env}`],
  ];
  return [head, '', ...renderTable(rows), ''].join('\n');
}

/** The same for programs. */
export function toSummaryDocument(status: Status, stateDir: string): Record<string, unknown> {
  return {
    workload: status.workload,
    environment: status.environment,
    state: status.state,
    phase: status.phase,
    frontDoor: status.frontDoor,
    console: status.console,
    stateDir,
  };
}
