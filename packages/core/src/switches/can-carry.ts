/** A stamp as the guard sees it. */
export interface CarryStamp {
  id: string;
  /** By component it holds: requests per second that it can serve, and whether it serves now as far as is known. */
  components: Readonly<Record<string, { capacity: number; serves: boolean }>>;
}

export interface CarryChange {
  /** Stamps that get traffic (`ready`) before and after. */
  before: ReadonlySet<string>;
  after: ReadonlySet<string>;
}

/**
 * `none-left`: no stamp at all would get traffic; gateways refuse such a record, so nothing overrides it. `none-serving`: those left do
 * not serve. `too-small`: what serves cannot carry the demand.
 */
export type Shortfall =
  | { kind: 'none-left'; component: string }
  | { kind: 'none-serving'; component: string }
  | { kind: 'too-small'; component: string; capacity: number; demand: number };

/** Demand is measured over the last minute: the next may ask for a little more (health.md 3.4, rule 3). */
export const demandHeadroom = 1.1;

/**
 * Why what remains could not carry the load after a change, by component; empty when it can. `demand` is in requests per second; a component
 * without an entry is taken to have none. A change that takes nothing that serves makes nothing worse and is never short.
 */
export function findShortfalls(
  stamps: readonly CarryStamp[],
  demand: Readonly<Record<string, number>>,
  { before, after }: CarryChange,
): Shortfall[] {
  const components = [...new Set(stamps.flatMap((stamp) => Object.keys(stamp.components)))];
  return components.flatMap((component): Shortfall[] => {
    const holders = stamps.filter((stamp) => stamp.components[component] !== undefined);
    const was = measure(holders, component, before);
    const is = measure(holders, component, after);
    if (is.count === 0) return was.count === 0 ? [] : [{ kind: 'none-left', component }];
    if (is.serving === 0) return was.serving === 0 ? [] : [{ kind: 'none-serving', component }];
    const needed = (demand[component] ?? 0) * demandHeadroom;
    if (is.capacity >= was.capacity || is.capacity >= needed) return [];
    return [{ kind: 'too-small', component, capacity: is.capacity, demand: demand[component] ?? 0 }];
  });
}

function measure(holders: readonly CarryStamp[], component: string, ready: ReadonlySet<string>) {
  const inUse = holders.filter(({ id }) => ready.has(id));
  const serving = inUse.flatMap(({ components }) => {
    const part = components[component];
    return part?.serves ? [part] : [];
  });
  return {
    count: inUse.length,
    serving: serving.length,
    capacity: serving.reduce((sum, { capacity }) => sum + capacity, 0),
  };
}
