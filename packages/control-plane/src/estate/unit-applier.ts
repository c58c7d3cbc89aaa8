import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
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
  const removing = new Set<string>();
  let failure: { error: unknown } | null = null;

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

  const removeOne = async (zone: string, id: string) => {
    try {
      await placement.remove(zone, id, { purge: true });
      sent.delete(id);
      const message = `${id} is removed from ${zone}.`;
      journal.event({ severity: 'info', type: 'unit.removed', entity: id, message });
    } catch (error) {
      // It went meanwhile, and the host's list is of before.
      if (error instanceof AlwaysOnError && error.code === 'AON_NOT_FOUND') sent.delete(id);
      else failure = { error };
    } finally {
      removing.delete(id);
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
        .filter(({ zone, spec }) => !removing.has(spec.id) && isDue(zone, spec.id, waitsFor));
      const results = await Promise.allSettled(due.map(({ zone, spec }) => applyOne(zone, spec)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },

    /**
     * Removes units of the given kinds that nobody wants any more. In the background: a unit may take its time to end, and the others are
     * not to wait. A failure is thrown by the next call, which tries again.
     */
    async removeOthers(units: ReadonlyMap<string, readonly UnitSpecInput[]>, kinds: readonly UnitKind[]) {
      for (const [zone, specs] of units) {
        if (!connected(zone)) continue;
        const wanted = new Set(specs.map((spec) => spec.id));
        const held = placement.observe(zone).host?.units ?? [];
        for (const { id, kind } of held) {
          if (!kinds.includes(kind) || wanted.has(id) || removing.has(id)) continue;
          removing.add(id);
          void removeOne(zone, id);
        }
      }
      if (failure === null) return;
      const { error } = failure;
      failure = null;
      throw error;
    },
  };
}
