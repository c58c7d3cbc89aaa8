import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { HealthMemory } from '@alwayson/core/health/health-memory.ts';
import { unseenSignal } from '@alwayson/core/health/signal-columns.ts';
import { z } from 'zod';

const Numbers = z.array(z.number());
const Texts = z.array(z.string());
const isText = (name: keyof typeof unseenSignal) => typeof unseenSignal[name] === 'string';
const signalNames = Object.keys(unseenSignal) as (keyof typeof unseenSignal)[];

const Stored = z
  .object({
    format: z.literal(1),
    modelVersion: z.string(),
    at: z.number(),
    awakeSince: z.number(),
    entityIds: Texts,
    entities: z.object({ state: Numbers, since: Numbers, own: Numbers, partial: Numbers, flags: Numbers }),
    signalKeys: Texts,
    signals: z.object(Object.fromEntries(signalNames.map((name) => [name, isText(name) ? Texts : Numbers]))),
    flaps: z.record(z.string(), z.object({ at: Numbers, from: Numbers, held: z.number() })),
    observers: z.record(z.string(), z.object({ entity: z.string(), at: z.number(), otherAt: z.number() })),
    blind: Texts,
  })
  .refine(
    ({ entityIds, entities }) => Object.values(entities).every(({ length }) => length === entityIds.length),
    'every column has a place for every entity',
  )
  .refine(
    ({ signalKeys, signals }) =>
      Object.values(signals).every((column) => Array.isArray(column) && column.length === signalKeys.length),
    'every column has a place for every signal',
  );

/** A clock that was set back by more than this makes a memory useless: what is newer than now would be believed for ever. */
const aheadMaxMs = 60_000;

/** The memory in a file; null when there is no file. Throws when it is damaged, of another format, or of the future. */
export function readMemory(file: string, now: number): HealthMemory | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const memory = Stored.parse(JSON.parse(text));
  if (memory.at > now + aheadMaxMs) throw new Error('it is of a time that has not come yet');
  // Which columns there are, and what is in them, was checked just now.
  return memory as unknown as HealthMemory;
}

/** Replaces the file as a whole, without sync: it is to survive this process, and after a crash of the machine it is of no use. */
export function writeMemory(file: string, memory: HealthMemory): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(memory), { mode: 0o600 });
  renameSync(temporary, file);
}
