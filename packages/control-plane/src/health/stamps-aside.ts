import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { StampContact } from '@alwayson/core/shares/share-evidence.ts';
import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { isServing } from './stamp-samples.ts';

type Routed = Pick<RouteRecord, 'stamps' | 'detours' | 'pools'>;

export interface AsideFacts {
  stamps: readonly StampPlan[];
  /** The release that serves; undefined where all stamps count alike. */
  live: string | undefined;
  /** On their way out. */
  draining: ReadonlySet<string>;
  routes: Routed | null;
  contact(stamp: string): StampContact | null;
  /** Whether it was seen to serve in the last evaluation. */
  isWell(stamp: string): boolean;
  isBroughtUp: boolean;
  now: number;
}

export interface Aside {
  /** In nobody's way, and missed by nobody: how they are is shown, and felt by nothing above them. */
  aside: ReadonlySet<string>;
  /** Were never well so far, and need not be yet. */
  starting: ReadonlySet<string>;
}

/**
 * Tells which stamps users do not depend on: those that leave, those of a release that is not live and has no part of the traffic, and
 * for `startBudgetMs` those that are new. Who is there at the first look is not new.
 */
export function createAside(startBudgetMs: number): (facts: AsideFacts) => Aside {
  /** Since when a stamp stands that was not well so far. */
  let waiting = new Map<string, number>();
  let known: ReadonlySet<string> | null = null;
  return (facts) => {
    const { stamps, isBroughtUp, now } = facts;
    const before = known;
    const isUp = (id: string) => isServing(facts.contact(id));
    waiting = new Map(
      stamps.flatMap(({ id }) => {
        const since = waiting.get(id) ?? (before?.has(id) === false ? now : undefined);
        const isWaiting = isBroughtUp && since !== undefined && !(isUp(id) && facts.isWell(id));
        return isWaiting ? [[id, since]] : [];
      }),
    );
    known = new Set(stamps.map(({ id }) => id));
    const isNew = (id: string) => now - (waiting.get(id) ?? -Infinity) < startBudgetMs;
    const starting = stamps.map(({ id }) => id).filter(isBroughtUp ? isNew : (id) => !isUp(id));
    const aside = stamps.filter(
      ({ id, release }) =>
        isNew(id) ||
        facts.draining.has(id) ||
        (facts.live !== undefined && release !== facts.live && !isRouted(facts.routes, id)),
    );
    return { aside: new Set(aside.map(({ id }) => id)), starting: new Set(starting) };
  };
}

/** Whether the committed routes give it any requests, as a matter of course. */
function isRouted(routes: Routed | null, id: string): boolean {
  const own = routes?.stamps.find((stamp) => stamp.id === id);
  const apart = [...(routes?.pools ?? []), ...(routes?.detours ?? [])].map(({ weights }) => weights[id] ?? 0);
  return [own?.weight ?? 0, ...apart].some((weight) => weight > 0);
}
