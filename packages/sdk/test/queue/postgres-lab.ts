import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from './queue-lab.ts';

const platform = join(import.meta.dirname, '../../../control-plane/src/database/platform');

export interface PostgresLab {
  /** As the application's role. */
  readonly url: string;
  /** As the superuser. */
  query<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  /** The server dies at once; `start` brings it back with its data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** A throwaway PostgreSQL with the platform's tables and a role `app` that owns the schema public. */
export async function createPostgresLab(address: string): Promise<PostgresLab> {
  const folder = mkdtempSync(join(tmpdir(), 'alwayson-pg-'));
  chmodSync(folder, 0o755);
  const bin = findBinaries();
  const user = engineUser();
  const data = join(folder, 'data');
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const run = { ...user, cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' } };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'admin', '-A', 'trust', '--no-sync', '-E', 'UTF8'], {
    ...run,
    stdio: 'ignore',
  });

  let stop = async () => {};
  const query = async <Row>(text: string, values: unknown[] = []) => {
    const client = new Client({ host: address, user: 'admin', database: 'postgres' });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(text, values)).rows as Row[];
    } finally {
      await client.end();
    }
  };
  const start = async () => {
    const settings = { listen_addresses: address, unix_socket_directories: folder, fsync: 'off' };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = spawn(join(bin, 'postgres'), ['-D', data, ...flags], { ...run, stdio: 'ignore' });
    const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    stop = async () => {
      server.kill('SIGQUIT');
      await gone;
    };
    await eventually('PostgreSQL answers', async () => (await query('SELECT 1')).length === 1);
  };
  const close = async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
    await query('CREATE ROLE app LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO app; CREATE SCHEMA alwayson');
    for (const file of ['001_base.sql', '010_queue.sql']) {
      await query(readFileSync(join(platform, file), 'utf8'));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `postgres://app@${address}/postgres`, query, start, kill: () => stop(), close };
}

function findBinaries(): string {
  const root = '/usr/lib/postgresql';
  const newest = readdirSync(root).toSorted((a, b) => Number(b) - Number(a))[0];
  return join(root, newest ?? '', 'bin');
}

/** PostgreSQL refuses root. */
function engineUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith('postgres:'));
  const [, , uid, gid] = (line ?? '').split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
