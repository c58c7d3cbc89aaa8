import { readFileSync } from 'node:fs';
import { UnitSpec } from '@alwayson/protocol/units.ts';
import { z } from 'zod';
import { readOrSetAside, writeDurably, writeQuickly } from './durable-file.ts';

/** A unit as a host was asked to have it. `down`: stopped on request, and so until it is asked to start. */
export const DesiredUnit = z.object({ spec: UnitSpec, wanted: z.enum(['up', 'down']) });
export type DesiredUnit = z.infer<typeof DesiredUnit>;

const DesiredUnits = z.object({ format: z.literal(1), units: z.array(DesiredUnit) });

export const RunningRecord = z.object({
  unit: z.string(),
  pid: z.int(),
  startTime: z.string(),
  startedAt: z.string(),
  inForce: z.object({ runtime: z.string(), files: z.string() }),
  restarts: z.int(),
});
export type RunningRecord = z.infer<typeof RunningRecord>;

const RunningRecords = z.object({ format: z.literal(1), running: z.array(RunningRecord) });

export const HostRecord = z.object({ pid: z.int(), startTime: z.string(), startedAt: z.string() });
export type HostRecord = z.infer<typeof HostRecord>;

type Report = (problem: string) => void;

export function readDesired(file: string, report: Report): DesiredUnit[] {
  return readOrSetAside(file, DesiredUnits, report)?.units ?? [];
}

export async function writeDesired(file: string, units: readonly DesiredUnit[]): Promise<void> {
  // They hold passwords in their environment and files.
  await writeDurably(file, JSON.stringify({ format: 1, units }), { mode: 0o600 });
}

export function readRunning(file: string, report: Report): RunningRecord[] {
  return readOrSetAside(file, RunningRecords, report)?.running ?? [];
}

/** The same as another process sees it: a damaged file is its host's to set aside. */
export function peekRunning(file: string): RunningRecord[] {
  try {
    return RunningRecords.parse(JSON.parse(readFileSync(file, 'utf8'))).running;
  } catch {
    return [];
  }
}

/** Written often, and of no use after a crash of the machine: not synced. */
export function writeRunning(file: string, running: readonly RunningRecord[]): void {
  writeQuickly(file, JSON.stringify({ format: 1, running }));
}

export function readHost(file: string): HostRecord | undefined {
  return readOrSetAside(file, HostRecord, () => {});
}

export function writeHost(file: string, host: HostRecord): void {
  writeQuickly(file, JSON.stringify(host));
}

/** What the witness keeps about a zone's host. `lost`: its machine was gone all at once; it waits to be started. */
export const KeptRecord = z.object({ wanted: z.enum(['up', 'down']), lost: z.boolean() });
export type KeptRecord = z.infer<typeof KeptRecord>;

const KeptRecords = z.object({ format: z.literal(1), hosts: z.record(z.string(), KeptRecord) });

export function readKept(file: string, report: Report): Record<string, KeptRecord> {
  return readOrSetAside(file, KeptRecords, report)?.hosts ?? {};
}

export async function writeKept(file: string, hosts: Record<string, KeptRecord>): Promise<void> {
  await writeDurably(file, JSON.stringify({ format: 1, hosts }), { mode: 0o600 });
}

/** Makes many calls that overlap one write: each resolves after a write that began after it was called. */
export function createSaver(write: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= current
      .catch(() => {})
      .then(() => {
        current = next ?? current;
        next = undefined;
        return write();
      });
    return next;
  };
}
