import { logMaintenance } from '@alwayson/core/switches/maintenance-log.ts';
import { MaintenanceSpan, type Switch, Switches } from '@alwayson/protocol/switches.ts';
import { z } from 'zod';
import type { Records, Versioned } from '../records/records.ts';

const name = 'switches';
const logName = 'maintenance';

export function readSwitches(records: Records): Versioned<Switch[]> {
  return records.read(name, Switches, []);
}

export interface SwitchesCommit {
  version: number;
  from: readonly Switch[];
  next: readonly Switch[];
}

/**
 * Throws AON_GENERATION_OLD when the record moved on meanwhile. A maintenance that ends is in the log before it is off the record: cut off
 * in between, it ends once more.
 */
export function commitSwitches(
  records: Records,
  { version, from, next }: SwitchesCommit,
  nowMs: number,
): void {
  const kept = new Set(next.map(({ id }) => id));
  const ended = from.filter(({ id, action }) => action === 'maintenance' && !kept.has(id));
  if (ended.length > 0) {
    const log = readMaintenanceLog(records);
    records.commit(logName, log.version, logMaintenance(log.value, ended, nowMs));
  }
  records.commit(name, version, next);
}

export function readMaintenanceLog(records: Records): Versioned<MaintenanceSpan[]> {
  return records.read(logName, z.array(MaintenanceSpan), []);
}
