import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { OnlyIn } from '../shares/share-evidence.ts';

type Flow = Manifest['flows'][number];

interface Side {
  release: string;
  flows: readonly Flow[];
}

/**
 * The flows of two releases that serve side by side, for gateways that know only one list: those that only one of them declares come
 * first, because the more special is asked first, and only its stamps serve them. So two versions of an API live while both releases do.
 */
export function joinFlows(live: Side, candidate: Side | null): { flows: Flow[]; onlyIn: OnlyIn[] } {
  if (candidate === null) return { flows: [...live.flows], onlyIn: [] };
  const added = without(candidate.flows, live.flows);
  const gone = without(live.flows, candidate.flows);
  const shared = live.flows.filter((flow) => !gone.includes(flow));
  return {
    flows: [...added, ...gone, ...shared],
    onlyIn: [
      ...added.map(({ name }) => ({ flow: name, release: candidate.release })),
      ...gone.map(({ name }) => ({ flow: name, release: live.release })),
    ],
  };
}

function without(flows: readonly Flow[], others: readonly Flow[]): Flow[] {
  return flows.filter(({ name }) => !others.some((other) => other.name === name));
}
