import type { UnitSpecInput } from '@alwayson/protocol/units.ts';
import type { Placement } from '../placement/placement.ts';

/** What a host reports is behind what it just answered for at most this long. */
const reportDelayMs = 2000;
const retryMs = 1000;

interface Entry {
  zone: string;
  spec: UnitSpecInput;
  text: string;
  sent: { text: string; specHash: string; at: number } | null;
  sending: Promise<void> | null;
  failedAt: number;
}

export interface SpecKeeper {
  /** Names what a unit shall be; sent in the background whenever the host does not hold it. */
  want(zone: string, spec: UnitSpecInput): void;
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
    if (entry.sent?.text !== entry.text) return false;
    if (performance.now() - entry.sent.at < reportDelayMs) return true;
    const unit = placement.observe(entry.zone).host?.units.find(({ id }) => id === entry.spec.id);
    return unit?.specHash === entry.sent.specHash;
  };

  const send = (entry: Entry): Promise<void> => {
    const { text, spec, zone } = entry;
    entry.sending = placement
      .apply(zone, spec)
      .then(({ specHash }) => {
        entry.sent = { text, specHash, at: performance.now() };
      })
      .finally(() => {
        entry.sending = null;
      });
    return entry.sending;
  };

  return {
    want(zone, spec) {
      const text = JSON.stringify(spec);
      const entry = entries.get(spec.id) ?? { zone, spec, text, sent: null, sending: null, failedAt: 0 };
      entries.set(spec.id, Object.assign(entry, { spec, text }));
      if (entry.sending !== null || performance.now() - entry.failedAt < retryMs || isHeld(entry)) return;
      if (placement.observe(zone).contact !== 'connected') return;
      send(entry).then(
        () => onSent(spec.id),
        (error: unknown) => {
          entry.failedAt = performance.now();
          onFailure(spec.id, error);
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
