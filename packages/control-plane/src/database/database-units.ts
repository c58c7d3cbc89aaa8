import type { DatabaseRecord } from '@alwayson/core/database/database-record.ts';
import { toSlotName } from '@alwayson/core/database/replication-slot.ts';
import { renderArchiveCommand, renderBackupFiles } from '@alwayson/engines/pgbackrest/backup-files.ts';
import { renderDoorFiles } from '@alwayson/engines/pgbouncer/door-files.ts';
import {
  applicationDatabase,
  applicationUser,
  renderServerFiles,
  serverCommand,
} from '@alwayson/engines/postgres/server-files.ts';
import type { UnitSpecInput } from '@alwayson/protocol/units.ts';
import { type DatabasePlan, type DoorPlan, type MemberPlan, memberOf } from './database-plan.ts';

/**
 * Server connections that all doors together may open, of 120 that the writer allows. No more than the work of a few processors: each
 * costs one of them 30 ms to open, and after a change of the writer all are opened again while everybody waits.
 */
const writeConnections = 24;
const readConnections = 24;

export interface CommittedRecord {
  /** The record's version in the register: the generation of every unit rendered from it. */
  version: number;
  value: DatabaseRecord;
}

/** The PostgreSQL server of a zone in the role that the record gives it. Only a request ever starts it. */
export function renderMemberUnit(
  plan: DatabasePlan,
  member: MemberPlan,
  record: CommittedRecord,
): UnitSpecInput {
  const { writer, waitFor } = record.value;
  const source = writer === null || writer === member.id ? null : memberOf(plan, writer);
  return {
    id: member.id,
    kind: 'postgres',
    generation: record.version,
    command: [...serverCommand],
    address: member.address,
    port: member.port,
    runAs: 'engine',
    files: [
      ...renderServerFiles({
        archiveCommand:
          plan.backups === null
            ? null
            : renderArchiveCommand(plan.backups.program, plan.backups.folderOf(member.id)),
        binDir: plan.binDir,
        name: member.id,
        address: member.address,
        port: member.port,
        synchronousCommit: plan.synchronousCommit,
        role:
          source === null
            ? { type: 'primary', waitFor }
            : {
                type: 'standby',
                source: {
                  address: source.address,
                  port: source.port,
                  password: plan.passwords.postgresReplication,
                },
                slot: toSlotName(member.id),
              },
      }),
      ...renderBackupUnitFiles(plan, member),
    ],
    reloadSignal: 'SIGHUP',
    // The controller asks deeper, over SQL; every connect costs the server a process.
    probe: { type: 'tcp', intervalMs: 5000, timeoutMs: 1000 },
    startOrder: 1,
    // SIGINT is PostgreSQL's fast stop: sessions end, the shutdown checkpoint is written.
    stop: { signal: 'SIGINT', deadlineMs: 10_000 },
    restart: 'onRequest',
  };
}

function renderBackupUnitFiles({ backups }: DatabasePlan, { id, port }: MemberPlan) {
  if (backups === null) return [];
  const { cipherPass, retentionDays, folderOf } = backups;
  const repositories = backups.repositories.map(({ path }) => path);
  return renderBackupFiles({ folder: folderOf(id), port, repositories, cipherPass, retentionDays });
}

export interface DoorRoute {
  write: MemberPlan;
  read: MemberPlan;
}

/** The PgBouncer of a zone. It lives on without the control plane, with the routes that it has. */
export function renderDoorUnit(
  plan: DatabasePlan,
  door: DoorPlan,
  { route, version }: { route: DoorRoute; version: number },
): UnitSpecInput {
  const share = (connections: number) => Math.max(3, Math.floor(connections / plan.doors.length));
  return {
    id: door.id,
    kind: 'pgbouncer',
    generation: version,
    command: [plan.pgbouncer, '{dir}/pgbouncer.ini'],
    address: door.zone.address,
    port: door.port,
    runAs: 'engine',
    files: renderDoorFiles({
      address: door.zone.address,
      port: door.port,
      database: applicationDatabase,
      user: applicationUser,
      password: plan.passwords.postgresApplication,
      administratorPassword: plan.passwords.postgresSuperuser,
      write: { address: route.write.address, port: route.write.port },
      read: { address: route.read.address, port: route.read.port },
      poolSizes: { write: share(writeConnections), read: share(readConnections) },
    }),
    reloadSignal: 'SIGHUP',
    probe: { type: 'tcp', intervalMs: 2000, timeoutMs: 1000 },
    startOrder: 2,
    // SIGINT lets transactions end.
    stop: { signal: 'SIGINT', deadlineMs: 3000 },
  };
}
