import type { UnitSpecInput } from '@alwayson/protocol/units.ts';
import type { UnitKind } from '@alwayson/protocol/words.ts';
import type { Journal } from '../operations/journal.ts';
import type { Placement } from '../placement/placement.ts';

/** What was sent last, and the hash by which the host names it. */
interface Sent {
  text: string;
  specHash: string;
}

/** Moves hosts towards desired units, sending a spec only when the host does not hold it already. */
export function createUnitApplier(placement: Placement, journal: Journal) {
  const sent = new Map<string, Sent>();

  const applyOne = async (zone: string, spec: UnitSpecInput) => {
    const text = JSON.stringify(spec);
    const held = placement.observe(zone).host?.units.find((unit) => unit.id === spec.id);
    const last = sent.get(spec.id);
    if (held !== undefined && last?.text === text && last.specHash === held.specHash) return;
    const status = await placement.apply(zone, spec);
    sent.set(spec.id, { text, specHash: status.specHash });
    if (held === undefined) {
      const message = `${spec.id} is placed in ${zone}.`;
      journal.event({ severity: 'info', type: 'unit.placed', entity: spec.id, message });
    }
  };

  /** True when it runs already, or what it waits for is ready. */
  const isDue = (zone: string, id: string, waitsFor: ReadonlyMap<string, string>) => {
    const units = placement.observe(zone).host?.units ?? [];
    const before = waitsFor.get(id);
    if (before === undefined || units.some((unit) => unit.id === id)) return true;
    return units.find((unit) => unit.id === before)?.state === 'ready';
  };

  const connected = (zone: string) => placement.observe(zone).contact === 'connected';

  return {
    /**
     * All zones beside each other. Zones that do not answer, and units whose turn has not come, are left for the next tick.
     * Throws the first failure, after all were tried.
     */
    async apply(
      units: ReadonlyMap<string, readonly UnitSpecInput[]>,
      waitsFor: ReadonlyMap<string, string> = new Map(),
    ): Promise<void> {
      const due = [...units]
        .filter(([zone]) => connected(zone))
        .flatMap(([zone, specs]) => specs.map((spec) => ({ zone, spec })))
        .filter(({ zone, spec }) => isDue(zone, spec.id, waitsFor));
      const results = await Promise.allSettled(due.map(({ zone, spec }) => applyOne(zone, spec)));
      const failure = results.find((result) => result.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    },

    /** Removes units of the given kinds that nobody wants any more. */
    async removeOthers(units: ReadonlyMap<string, readonly UnitSpecInput[]>, kinds: readonly UnitKind[]) {
      for (const [zone, specs] of units) {
        if (!connected(zone)) continue;
        const wanted = new Set(specs.map((spec) => spec.id));
        const held = placement.observe(zone).host?.units ?? [];
        // A component whose build is not done yet is not in the list: it is kept as long as its stamp is wanted.
        const stamps = new Set(specs.map((spec) => spec.stamp));
        const surplus = held.filter(
          (unit) => kinds.includes(unit.kind) && !wanted.has(unit.id) && !stamps.has(unit.stamp),
        );
        for (const unit of surplus) {
          await placement.remove(zone, unit.id, { purge: true });
          const message = `${unit.id} is removed from ${zone}.`;
          journal.event({ severity: 'info', type: 'unit.removed', entity: unit.id, message });
        }
      }
    },
  };
}
