import type { TaskRequestInput } from '@alwayson/protocol/units.ts';
import { backupConfiguration, stanza } from './backup-files.ts';

/** Commands beside a server, run by its host in the unit's folder. Each may be interrupted and run again. */

const backupDeadlineMs = 3_600_000;
const askDeadlineMs = 60_000;

export interface BackupServer {
  /** pgBackRest, absolute. */
  program: string;
  /** Of the server itself: pgBackRest starts and ends a backup over SQL. */
  address: string;
  password: string;
}

function toTask(server: BackupServer, args: readonly string[], timeoutMs: number): TaskRequestInput {
  const { program, address, password } = server;
  return {
    command: [program, `--config={dir}/${backupConfiguration}`, `--stanza=${stanza}`, ...args],
    // It knows no option for TCP; the library below it does.
    env: { PGHOST: address, PGPASSWORD: password },
    timeoutMs,
  };
}

/** Makes the repositories ready for this database; nothing happens when they are. */
export function renderStanza(server: BackupServer): TaskRequestInput {
  return toTask(server, ['stanza-create'], askDeadlineMs);
}

export interface BackupOrder {
  /** Its number, from 1. */
  repository: number;
  type: 'full' | 'incr';
  note: string | null;
}

export function renderBackup(
  server: BackupServer,
  { repository, type, note }: BackupOrder,
): TaskRequestInput {
  const noted = note === null ? [] : [`--annotation=note=${note}`];
  const args = [`--repo=${repository}`, `--type=${type}`, ...noted, 'backup'];
  return { ...toTask(server, args, backupDeadlineMs), gentle: true };
}

export function renderInfo(server: BackupServer, repository: number): TaskRequestInput {
  return toTask(server, [`--repo=${repository}`, '--output=json', 'info'], askDeadlineMs);
}
