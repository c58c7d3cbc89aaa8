import type { Operation } from '@alwayson/protocol/operations.ts';
import type { Status, StatusUnit, StatusZone } from '@alwayson/protocol/status.ts';
import type { Painter } from '../output/terminal.ts';

/** What is known while an environment starts. */
export interface StartView {
  elapsedSeconds: number;
  /** Undefined until the control plane answers. */
  status?: Status | undefined;
  operation?: Operation | undefined;
  /** What the witness host says of the control plane while that does not answer. */
  controlPlane?: string | undefined;
}

const namesMax = 4;

export function listUnits(status: Status): StatusUnit[] {
  return [...status.witness.units, ...listZones(status).flatMap((zone) => zone.units)];
}

function listZones(status: Status): StatusZone[] {
  return status.regions.flatMap((region) => region.zones);
}

function isReady(unit: StatusUnit): boolean {
  return unit.process === 'ready';
}

/** All of it was up once, and the control plane has heard from every zone. */
export function isRunning(status: Status): boolean {
  return status.phase === 'running' && listZones(status).every((zone) => zone.units.length > 0);
}

/** The live tree: one line a zone, with what it still waits for. */
export function renderStartTree(view: StartView, { paint, sign }: Painter): string[] {
  const { status, elapsedSeconds } = view;
  if (!status)
    return [
      `Starting the control plane${view.controlPlane ? ` (${view.controlPlane})` : ''} · ${elapsedSeconds} s`,
    ];
  const units = listUnits(status);
  const ready = units.filter(isReady).length;
  const head = `${paint('bold', status.workload)} is starting: ${ready} of ${units.length} units ready · ${elapsedSeconds} s`;
  const regions = status.regions.map((region) => ({
    name: region.name,
    state: region.state,
    zones: region.zones,
  }));
  const branches = [{ name: 'witness', state: status.witness.state, zones: [status.witness] }, ...regions];
  const lines = branches.flatMap(({ name, state, zones }, index) => {
    const isLast = index === branches.length - 1;
    const own = zones.map((zone, z) => {
      const branch = z === zones.length - 1 ? '└─' : '├─';
      return `${isLast ? '  ' : '│ '} ${branch} ${sign(zone.state)} ${describeZone(zone)}`;
    });
    return [`${isLast ? '└─' : '├─'} ${sign(state)} ${name}`, ...own];
  });
  return [head, ...lines, ...describeOperation(view.operation)];
}

function describeZone(zone: StatusZone): string {
  const waiting = zone.units.filter((unit) => !isReady(unit));
  const count = `${zone.units.length - waiting.length}/${zone.units.length}`;
  if (waiting.length === 0) return `${zone.name}  ${count}`;
  const names = waiting.slice(0, namesMax).map((unit) => `${unit.id} ${unit.process}`);
  const more = waiting.length > namesMax ? ` and ${waiting.length - namesMax} more` : '';
  return `${zone.name}  ${count}  ${names.join(', ')}${more}`;
}

/** What an operation waits for; nothing when no step of it runs. */
export function describeOperation(operation: Operation | undefined): string[] {
  const step = operation?.steps.find(({ state }) => state === 'running');
  if (!operation || !step) return [];
  return [`${operation.title}: ${step.name}${step.waitingFor ? `, waiting for ${step.waitingFor}` : ''}`];
}

/** For a log instead of a terminal: what is ready and not in `told` yet, one line a zone; then it is. */
export function renderStartChanges(status: Status, told: Set<string>): string[] {
  return [status.witness, ...listZones(status)].flatMap((zone) => {
    const fresh = zone.units.filter((unit) => isReady(unit) && !told.has(unit.id)).map(({ id }) => id);
    for (const id of fresh) told.add(id);
    return fresh.length === 0 ? [] : [`${zone.name}: ${fresh.join(', ')} ready`];
  });
}

/** What is not ready, and why: the text of a start that took too long. */
export function renderWaitingUnits(status: Status): string {
  const waiting = listUnits(status).filter((unit) => !isReady(unit));
  if (waiting.length === 0) return 'All units are ready, but the environment is not.';
  return waiting
    .map(
      (unit) =>
        `  ${unit.id} ${unit.process}${unit.restarts ? `, ${unit.restarts} restarts` : ''}${unit.reason ? `: ${unit.reason}` : ''}`,
    )
    .join('\n');
}
