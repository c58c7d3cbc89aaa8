import { join } from 'node:path';
import type { DatabaseMember, DatabasePolicy } from '@alwayson/core/database/database-record.ts';
import { toRegions } from '@alwayson/core/estate/topology.ts';
import { findProgram } from '@alwayson/engines/process/find-program.ts';
import { findPostgresBinaries } from '@alwayson/engines/postgres/find-binaries.ts';
import type { Backups } from '@alwayson/protocol/backups.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import {
  type Environment,
  type EnvironmentOrigin,
  type Zone,
  zonePorts,
} from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { listRepositories, toServerId } from '@alwayson/protocol/repositories.ts';

export interface MemberPlan extends DatabaseMember {
  address: string;
  port: number;
}

export interface DoorPlan {
  id: string;
  zone: Zone;
  port: number;
}

export interface BackupPlan {
  /** pgBackRest, absolute. */
  program: string;
  /** One in the first zone of every region. */
  repositories: readonly { region: string; path: string }[];
  cipherPass: string;
  retentionDays: number;
  invariants: Backups['invariants'];
  /** The folder of each server's unit, absolute. */
  folderOf(member: string): string;
}

/** What stays the same as long as the environment does: which servers and doors there are, and what a copy means. */
export interface DatabasePlan {
  binDir: string;
  pgbouncer: string;
  members: readonly MemberPlan[];
  doors: readonly DoorPlan[];
  policy: DatabasePolicy;
  synchronousCommit: 'on' | 'off';
  passwords: Environment['passwords'];
  /** Null in an environment that is older than backups. */
  backups: BackupPlan | null;
  /** Whose data the first member begins with; null when it begins empty, and when it has it. */
  origin: DataOrigin | null;
}

export interface DataOrigin extends NonNullable<EnvironmentOrigin['access']> {
  label: string;
  /** Unix ms of the last moment that is wanted; null for the end of the backup. */
  time: number | null;
}

/**
 * One server and one door in every zone, the first region's first zone to begin with. Refuses members that are not on
 * loopback: this driver is sound only where hosts own every process that could be a primary.
 */
export function planDatabase(environment: Environment, manifest: Manifest): DatabasePlan {
  const zones = toRegions(environment).flatMap((region) => region.zones);
  const remote = zones.find(({ address }) => !address.startsWith('127.'));
  if (remote !== undefined) {
    throw new AlwaysOnError(
      'AON_DATABASE',
      `The direct driver runs on one machine; ${remote.name} is at ${remote.address}.`,
    );
  }
  const store = manifest.stores.find(({ kind }) => kind === 'relational');
  const members = zones.map((zone) => ({
    id: toServerId(zone.name),
    region: zone.region,
    zone: zone.name,
    address: zone.address,
    port: zonePorts.postgres,
  }));
  const isReplicated = (store?.durability ?? 'replicated') === 'replicated';
  return {
    binDir: findPostgresBinaries().dir,
    pgbouncer: findProgram('pgbouncer'),
    members,
    doors: zones.map((zone) => ({ id: `pgbouncer-${zone.name}`, zone, port: zonePorts.pgbouncer })),
    policy: { members, copy: isReplicated ? (store?.whenCopyLost ?? 'degrade') : 'none' },
    synchronousCommit: store?.durability === 'fast' ? 'off' : 'on',
    passwords: environment.passwords,
    backups: planBackups(environment, manifest, members),
    origin: toDataOrigin(environment),
  };
}

function planBackups(
  environment: Environment,
  { backups }: Manifest,
  members: readonly MemberPlan[],
): BackupPlan | null {
  const { passwords, stateDir } = environment;
  if (passwords.backups === undefined) return null;
  const folderOf = (id: string) =>
    join(stateDir, 'units', members.find((member) => member.id === id)?.zone ?? '', id);
  return {
    program: findProgram('pgbackrest'),
    repositories: listRepositories(environment),
    cipherPass: passwords.backups,
    retentionDays: backups.retentionDays,
    invariants: backups.invariants,
    folderOf,
  };
}

function toDataOrigin({ origin }: Environment): DataOrigin | null {
  return origin?.access === undefined ? null : { ...origin.access, label: origin.backup, time: origin.time };
}

export function memberOf(plan: DatabasePlan, id: string): MemberPlan {
  const member = plan.members.find((candidate) => candidate.id === id);
  if (member === undefined) throw new AlwaysOnError('AON_DATABASE', `The database has no member ${id}.`);
  return member;
}
