import { entityIds } from '@alwayson/core/health/entity-ids.ts';
import { observerZone } from '@alwayson/core/estate/topology.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { HealthFacts } from './health-facts.ts';

/** Of what fails, so many by one stamp are that stamp's doing. */
const ownFaultRatio = 0.8;

/** The lost host of a zone: whatever was in it is its symptom. */
export function findLostHost(facts: HealthFacts, zone: string): string | undefined {
  const { contact } = facts.zone(zone);
  return contact === 'refused' || contact === 'silent' ? entityIds.host(zone) : undefined;
}

/** The first store on a flow's path that is in trouble: what the flow suffers is its symptom. */
export function findSuspectStore(
  facts: HealthFacts,
  path: readonly string[] | undefined,
): string | undefined {
  const found = facts.manifest.stores.find(
    (store) => (path === undefined || path.includes(store.name)) && isSuspect(facts, store),
  );
  return found === undefined ? undefined : entityIds.store(found.name);
}

function isSuspect(facts: HealthFacts, { kind }: Manifest['stores'][number]): boolean {
  switch (kind) {
    case 'relational': {
      const { writer, members } = facts.database;
      return members.find(({ id }) => id === writer)?.state === 'unhealthy';
    }
    case 'queue':
      return facts.queues.some(({ state }) => state === 'unhealthy');
    case 'cache':
      return facts.regions.some((region) => {
        const { contact, host } = facts.zone(observerZone(region).name);
        const unit = host?.units.find(({ id }) => id === `cache-${region.name}`);
        return contact !== 'connected' || (unit !== undefined && unit.state !== 'ready');
      });
  }
}

/** The one stamp that fails a flow while others serve it. */
export function findSuspectStamp({ observations }: HealthFacts, flow: string): string | undefined {
  const bad = new Map<string, number>();
  for (const { windows = [] } of observations) {
    for (const window of windows) {
      if (window.flow !== flow) continue;
      const count = window.slices.reduce((sum, slice) => sum + slice.bad, 0);
      bad.set(window.stamp, (bad.get(window.stamp) ?? 0) + count);
    }
  }
  const total = [...bad.values()].reduce((sum, count) => sum + count, 0);
  const [worst] = [...bad].filter(([, count]) => total > 0 && count >= ownFaultRatio * total);
  return worst === undefined || worst[0] === '' || bad.size < 2 ? undefined : entityIds.stamp(worst[0]);
}
