import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { SharesReport } from '@alwayson/protocol/shares.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import type { Controller } from '../controller.ts';
import type { EstateController } from '../estate/estate-controller.ts';
import type { Journal, OperationHandle } from '../operations/journal.ts';

export interface BringUpContext {
  estate: EstateController;
  manifest: Manifest;
  journal: Journal;
  status: () => Status;
  shares: { report(): SharesReport | null };
}

/** Watches the bring-up of an `up`, tells what it waits for, and marks it done once everything was ready. */
export function createBringUpController(context: BringUpContext): Controller {
  const { estate, manifest, journal, status, shares } = context;
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
      if (estate.isBroughtUp()) return;
      if (operation === undefined) begin();
      const release = estate.firstRelease();
      const missing = release === null ? listMissing(status(), { estate, manifest, shares }) : [release];
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

interface Wanted extends Pick<BringUpContext, 'manifest' | 'shares'> {
  estate: Pick<EstateController, 'needed'>;
}

/**
 * What a bring-up still waits for, empty when it is done: every unit ready and every stamp able to take traffic, seen so by the
 * gateways, of the live release; every gateway with the routes in force, a writer with its second copy, every queue usable.
 */
export function listMissing(status: Status, { estate, manifest, shares }: Wanted): string[] {
  const zones = status.regions.flatMap((region) => region.zones);
  const units = zones.flatMap((zone) => zone.units);
  const isHealthy = (id: string) => units.find((unit) => unit.id === id)?.state === 'healthy';
  const wanted = [...estate.needed().values()].flat();
  const stamps = new Set(wanted.map(({ stamp }) => stamp));
  const judged = shares.report()?.stamps ?? [];
  const isSeenServing = (id: string) =>
    judged.some((stamp) => stamp.id === id && stamp.standing.kind !== 'unseen');
  return [
    ...zones.filter((zone) => zone.hostPid === null).map((zone) => `host ${zone.name}`),
    ...wanted.map(({ id }) => id).filter((id) => !isHealthy(id)),
    ...status.stamps
      .filter(({ id }) => stamps.has(id))
      .filter(
        ({ id, state, switched }) =>
          state === 'unhealthy' || state === 'unknown' || (switched === undefined && !isSeenServing(id)),
      )
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
