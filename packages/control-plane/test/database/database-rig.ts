import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, zonePorts } from '@alwayson/protocol/environment.ts';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Event } from '@alwayson/protocol/operations.ts';
import type { ControllerContext } from '../../src/controller.ts';
import { createDatabaseController, type DatabaseController } from '../../src/database/database-controller.ts';
import { type Loop, startLoop } from '../../src/loop.ts';
import { createSqliteJournal, type SqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { createHostPlacement } from '../../src/placement/host-placement.ts';
import { type AuthorityRegister, openAuthority } from '../../src/recovery/authority-register.ts';
import type { Records } from '../../src/records/records.ts';
import { createSqliteRecords } from '../../src/records/sqlite-records.ts';
import { createRecordsMirror } from '../../src/records/records-mirror.ts';
import { openStore } from '../../src/records/sqlite-store.ts';

const installDir = resolve(import.meta.dirname, '../../../..');

export interface RigOptions {
  /** Third part of the addresses 127.202.x.y; no two rigs at once share it. */
  block: number;
  store?: Record<string, unknown>;
  /** Whether files of the log are archived, and backups can be made. */
  hasBackups?: boolean;
  /** Of the manifest's `backups`. */
  invariants?: { name: string; query: string }[];
  /** Files of the workload's migrations, by name. */
  migrations?: Record<string, string>;
}

/** A whole estate of real hosts, PostgreSQL servers and PgBouncers in a folder of its own, with the controller in this process. */
export interface DatabaseRig {
  environment: Environment;
  /** For everything else that is tested with this estate. */
  context(): ControllerContext;
  placement: ReturnType<typeof createHostPlacement>;
  journal: SqliteJournal;
  records: Records;
  authority: AuthorityRegister;
  controller(): DatabaseController;
  startHosts(): Promise<void>;
  startController(): void;
  stopController(): Promise<void>;
  /** SIGKILL of every host with everything in its zone, at once. */
  killEverything(): Promise<void>;
  findPid(unit: string): number | null;
  pidOf(unit: string): number;
  addressOf(zone: string): string;
  events(): Event[];
  destroy(): Promise<void>;
}

export async function createDatabaseRig({
  block,
  store = {},
  migrations = {},
  hasBackups = false,
  invariants = [],
}: RigOptions): Promise<DatabaseRig> {
  const stateDir = mkdtempSync(join(tmpdir(), 'aon-database-'));
  chmodSync(stateDir, 0o755);
  const environment = describeEnvironment(stateDir, block);
  if (hasBackups) environment.passwords.backups = 'backup-secret';
  const manifest = describeManifest({ ...store, ...writeMigrations(stateDir, migrations) }, invariants);
  const environmentFile = join(stateDir, 'environment.json');
  writeFileSync(environmentFile, JSON.stringify(environment), { mode: 0o600 });

  const mirror = createRecordsMirror(join(stateDir, 'records.json'));
  const { database } = openStore(join(stateDir, 'state.db'), mirror, Date.now);
  const journal = createSqliteJournal(database, Date.now);
  const records = createSqliteRecords(database, { mirror, now: Date.now });
  let authority = openAuthority(records, 'west', Date.now);
  let witness: ChildProcess | undefined;
  let placement = createHostPlacement({ environment });
  let controller: DatabaseController | undefined;
  let loop: Loop | undefined;
  let stopListening = () => {};
  const zoneNames = environment.zones.slice(1).map(({ name }) => name);

  const rig: DatabaseRig = {
    environment,
    context: () => ({ environment, manifest, placement, records, journal, now: Date.now }),
    get placement() {
      return placement;
    },
    journal,
    records,
    get authority() {
      return authority;
    },
    controller() {
      if (controller === undefined) throw new Error('The controller was not started.');
      return controller;
    },
    async startHosts() {
      witness = spawn(process.execPath, [join(installDir, 'packages/agents/src/host/main.ts')], {
        env: { ...process.env, ALWAYSON_ENVIRONMENT: environmentFile, ALWAYSON_ZONE: 'witness' },
        stdio: 'ignore',
        detached: true,
      });
      await waitFor('the witness host', () => placement.observe('witness').contact === 'connected');
      await Promise.all(zoneNames.map((zone) => placement.startZone(zone)));
    },
    startController() {
      authority = openAuthority(records, 'west', Date.now);
      controller = createDatabaseController({ ...rig.context(), authority });
      loop = startLoop([controller], { journal, now: Date.now });
      stopListening = placement.onChange(() => loop?.nudge());
    },
    async stopController() {
      stopListening();
      await loop?.close();
      loop = undefined;
    },
    async killEverything() {
      await Promise.all(zoneNames.map((zone) => placement.outageZone(zone).catch(() => {})));
      await killWitness(witness);
      await placement.close();
      placement = createHostPlacement({ environment });
    },
    findPid(unit) {
      const units = zoneNames.flatMap((zone) => placement.observe(zone).host?.units ?? []);
      return units.find(({ id }) => id === unit)?.pid ?? null;
    },
    pidOf(unit) {
      const pid = rig.findPid(unit);
      if (pid === null) throw new Error(`${unit} has no process.`);
      return pid;
    },
    addressOf(zone) {
      const found = environment.zones.find(({ name }) => name === zone);
      if (found === undefined) throw new Error(`There is no zone ${zone}.`);
      return found.address;
    },
    events: () => journal.events({ after: 0, limit: 500 }),
    async destroy() {
      await rig.stopController();
      await Promise.all(zoneNames.map((zone) => placement.outageZone(zone).catch(() => {})));
      await placement.close();
      await killWitness(witness);
      database.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
  return rig;
}

async function killWitness(witness: ChildProcess | undefined): Promise<void> {
  if (witness === undefined || witness.exitCode !== null || witness.signalCode !== null) return;
  const ended = new Promise((resolve_) => witness.once('exit', resolve_));
  witness.kill('SIGKILL');
  await ended;
}

function describeEnvironment(stateDir: string, block: number): Environment {
  const names = ['witness', 'west-1', 'west-2', 'east-1', 'east-2'];
  return {
    format: 1,
    name: `database-${block}`,
    type: 'production',
    workload: 'shop',
    workloadDir: stateDir,
    configFile: join(stateDir, 'alwayson.config.ts'),
    stateDir,
    runDir: stateDir,
    installDir,
    createdAt: new Date().toISOString(),
    frontDoor: { port: 1, url: '' },
    console: { port: 1, url: '' },
    zones: names.map((name, index) => ({
      name,
      region: name.split('-')[0] ?? name,
      address: `127.202.${block}.${10 + index}`,
    })),
    tokens: { agents: 'agents-token', probe: 'probe-token', operator: 'operator-token', apiKeys: ['key'] },
    passwords: {
      postgresSuperuser: `super'secret"\\1`,
      postgresReplication: `replica'secret"\\2`,
      postgresApplication: 'application-secret',
      redis: 'redis-secret',
    },
  };
}

function describeManifest(store: Record<string, unknown>, invariants: RigOptions['invariants']): Manifest {
  return Manifest.parse({
    name: 'shop',
    owner: 'somebody',
    regions: [{ name: 'west' }, { name: 'east' }],
    components: [{ name: 'web', command: ['node', 'web.ts'] }],
    stores: [{ name: 'data', kind: 'relational', ...store }],
    flows: [{ name: 'browse', path: ['web', 'data'] }],
    backups: { invariants },
  });
}

function writeMigrations(stateDir: string, migrations: Record<string, string>): { migrations?: string } {
  if (Object.keys(migrations).length === 0) return {};
  const folder = join(stateDir, 'migrations');
  mkdirSync(folder);
  for (const [name, sql] of Object.entries(migrations)) writeFileSync(join(folder, name), sql);
  return { migrations: 'migrations' };
}

/** Waits for a fact; throws with its name when it does not come true in time. */
export async function waitFor(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    await sleep(20);
  }
}

export function doorOf(rig: DatabaseRig, zone: string, database: 'write' | 'read') {
  return {
    host: rig.addressOf(zone),
    port: zonePorts.pgbouncer,
    user: 'app',
    password: rig.environment.passwords.postgresApplication,
    database,
    timeoutMs: 8000,
  };
}

/** True when the database is as it should be: a writer with a second copy, everyone following, the schema up to date. */
export function isWhole(rig: DatabaseRig): boolean {
  const { members } = rig.controller().status();
  return members.every(({ state }) => state === 'healthy') && members.some(({ sync }) => sync);
}
