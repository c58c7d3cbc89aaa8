import { type AlertMemory, emptyAlertMemory } from '@alwayson/core/alerts/alert-memory.ts';
import type { Outbox } from '@alwayson/core/alerts/decide-outbox.ts';
import { Alert, AlertNotification } from '@alwayson/protocol/alerts.ts';
import { z } from 'zod';
import type { Records } from '../records/records.ts';

const Times = z.record(z.string(), z.number());

const Entry = z.object({
  alert: Alert,
  covers: z.array(z.string()),
  clearSince: z.number().nullable(),
  toldAt: z.number(),
  isUntold: z.boolean(),
});

const Memory: z.ZodType<AlertMemory> = z.object({
  entries: z.record(z.string(), Entry),
  pending: Times,
  explained: Times,
  suppressed: z.record(z.string(), z.enum(['maintenance', 'draining', 'too-many'])),
});

const OutboxItem = z.object({
  notification: AlertNotification,
  createdAt: z.number(),
  waiting: z.array(z.object({ notifier: z.string(), attempts: z.int(), nextAt: z.number() })),
});

const AlertRecord = z.object({ memory: Memory, outbox: z.array(OutboxItem).readonly() });

/** What alerting remembers, and what people have not been told yet: one record, so that neither is without the other. */
export interface AlertState {
  memory: AlertMemory;
  outbox: Outbox;
}

export interface AlertBook {
  state(): AlertState;
  /**
   * Durable when it returns, as far as a restart must know it. Throws when the disk does not take it: the state is the new one all
   * the same, for a full disk must not silence the alert about it, and the next write tries again.
   */
  write(next: AlertState): void;
}

const recordName = 'alerts';

export function openAlertBook(records: Records): AlertBook {
  const initial: AlertState = { memory: emptyAlertMemory, outbox: [] };
  const stored = records.read<AlertState>(recordName, AlertRecord, initial);
  let { version } = stored;
  // Nobody knows how long ago what was only pending was seen.
  let current: AlertState = { ...stored.value, memory: { ...stored.value.memory, pending: {} } };
  let written = toDurable(current);
  return {
    state: () => current,
    write(next) {
      current = next;
      const text = toDurable(next);
      if (text === written) return;
      version = records.commit(recordName, version, next);
      written = text;
    },
  };
}

/** Reasons and values move every second, and what is only pending starts again after a restart: neither is worth a write to disk. */
function toDurable({ memory, outbox }: AlertState): string {
  const entries = Object.values(memory.entries).map(
    ({ alert: { reason: _r, values: _v, ...alert }, ...rest }) => ({
      ...rest,
      alert,
    }),
  );
  return JSON.stringify([entries, Object.entries(memory.suppressed), outbox]);
}
