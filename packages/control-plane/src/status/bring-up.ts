import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { Controller } from '../controller.ts';
import type { EstateController } from '../estate/estate-controller.ts';
import type { Journal, OperationHandle } from '../operations/journal.ts';

export interface BringUpContext {
  estate: EstateController;
  manifest: Manifest;
  journal: Journal;
  status: () => Status;
}

/** Watches the bring-up of an `up`, tells what it waits for, and marks it done once everything was ready. */
export function createBringUpController({ estate, manifest, journal, status }: BringUpContext): Controller {
  let operation: OperationHandle | undefined;
  let finish: (() => void) | undefined;
  let told = '';

  const begin = () => {
    operation = journal.begin({
      kind: 'up',
      title: `Bring up ${manifest.name}`,
      steps: ['everything ready'],
    });
    const handle = operation;
    void handle.step('everything ready', (waitingFor) => {
      return new Promise<void>((resolve) => {
        finish = resolve;
        wait = waitingFor;
      });
    });
  };
  let wait: (what: string) => void = () => {};

  return {
    name: 'bring-up',
    async tick() {
      if (estate.isBroughtUp() || estate.stamps().length === 0) return;
      if (operation === undefined) begin();
      const missing = listMissing(status(), estate, manifest);
      const text = missing.join(', ');
      if (text !== told) wait(text);
      told = text;
      if (missing.length > 0) return;
      estate.markBroughtUp();
      finish?.();
      operation?.succeed();
      operation = undefined;
    },
    close: async () => {},
  };
}

/**
 * What a bring-up still waits for, empty when it is done: every desired unit ready, every stamp able to take traffic, every
 * gateway with the routes in force, a writer with its second copy, every queue usable.
 */
export function listMissing(
  status: Status,
  estate: Pick<EstateController, 'desired'>,
  manifest: Manifest,
): string[] {
  const zones = status.regions.flatMap((region) => region.zones);
  const units = zones.flatMap((zone) => zone.units);
  const isHealthy = (id: string) => units.find((unit) => unit.id === id)?.state === 'healthy';
  const wanted = [...estate.desired().values()].flat().map((spec) => spec.id);
  const built = (stamp: string, component: string) =>
    units.some((unit) => unit.stamp === stamp && unit.component === component);
  return [
    ...zones.filter((zone) => zone.hostPid === null).map((zone) => `host ${zone.name}`),
    ...wanted.filter((id) => !isHealthy(id)),
    ...status.stamps.flatMap((stamp) =>
      manifest.components
        .filter(({ name }) => !built(stamp.id, name))
        .map(({ name }) => `${stamp.id}-${name}`),
    ),
    ...status.stamps
      .filter(({ state }) => state === 'unhealthy' || state === 'unknown')
      .map(({ id }) => `stamp ${id}`),
    ...status.gateways.filter(({ inForce }) => !inForce).map(({ region }) => `routes in gateway ${region}`),
    ...missingOfDatabase(status, manifest),
    ...status.queues.filter(({ state }) => state !== 'healthy').map(({ region }) => `queue ${region}`),
  ];
}

function missingOfDatabase({ database }: Status, manifest: Manifest): string[] {
  const store = manifest.stores.find(({ kind }) => kind === 'relational');
  if (store === undefined) return [];
  if (database.members.find(({ id }) => id === database.writer)?.state !== 'healthy')
    return ['database writer'];
  const needsSync = store.durability === 'replicated' && !database.members.some(({ sync }) => sync);
  const late = database.members.filter(({ state }) => state !== 'healthy').map(({ id }) => id);
  return [...(needsSync ? ['synchronous standby'] : []), ...late];
}
