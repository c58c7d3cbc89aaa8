import type { UnitSpecInput } from '@alwayson/protocol/units.ts';
import type { Placement } from '../placement/placement.ts';

/** What a host reports is behind what it just answered for at most this long. */
const reportDelayMs = 2000;
const retryMs = 1000;

interface WantedUnit {
  unit: string;
  zone: string;
  /** The same as long as `render` would give the same: a unit is rendered only when it changes. */
  key: string;
  render: () => UnitSpecInput;
}

interface Entry {
  zone: string;
  key: string;
  spec: UnitSpecInput;
  sent: { spec: UnitSpecInput; specHash: string; at: number } | null;
  sending: Promise<void> | null;
  failedAt: number;
}

export interface SpecKeeper {
  /** Names what a unit shall be; sent in the background whenever the host does not hold it. */
  want(wanted: WantedUnit): void;
  /** Returns when the host holds what is wanted at that moment; throws what the host answered. */
  settle(unit: string): Promise<void>;
}

export interface SpecKeeperContext {
  placement: Placement;
  onSent: (unit: string) => void;
  onFailure: (unit: string, error: unknown) => void;
}

/** Moves hosts towards wanted specs: one request at a time for a unit, the newest spec wins. */
export function createSpecKeeper({ placement, onSent, onFailure }: SpecKeeperContext): SpecKeeper {
  const entries = new Map<string, Entry>();

  const isHeld = (entry: Entry) => {
    if (entry.sent?.spec !== entry.spec) return false;
    if (performance.now() - entry.sent.at < reportDelayMs) return true;
    const unit = placement.observe(entry.zone).host?.units.find(({ id }) => id === entry.spec.id);
    return unit?.specHash === entry.sent.specHash;
  };

  const send = (entry: Entry): Promise<void> => {
    const { spec, zone } = entry;
    entry.sending = placement
      .apply(zone, spec)
      .then(({ specHash }) => {
        entry.sent = { spec, specHash, at: performance.now() };
      })
      .finally(() => {
        entry.sending = null;
      });
    return entry.sending;
  };

  return {
    want({ unit, zone, key, render }) {
      let entry = entries.get(unit);
      if (entry === undefined) {
        entry = { zone, key, spec: render(), sent: null, sending: null, failedAt: Number.NEGATIVE_INFINITY };
        entries.set(unit, entry);
      } else if (entry.key !== key) Object.assign(entry, { key, spec: render() });
      if (entry.sending !== null || performance.now() - entry.failedAt < retryMs || isHeld(entry)) return;
      if (placement.observe(zone).contact !== 'connected') return;
      send(entry).then(
        () => onSent(unit),
        (error: unknown) => {
          entry.failedAt = performance.now();
          onFailure(unit, error);
        },
      );
    },
    async settle(unit) {
      const entry = entries.get(unit);
      if (entry === undefined) throw new Error(`Nothing is wanted of ${unit} yet.`);
      // What is being sent may be older than what is wanted now.
      await entry.sending?.catch(() => {});
      if (!isHeld(entry)) await send(entry);
    },
  };
}
