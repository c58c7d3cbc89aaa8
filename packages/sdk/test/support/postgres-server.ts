import { execFile, spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { eventually } from './eventually.ts';

const run = promisify(execFile);
const database = 'postgres';

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  /** As the application's role, through another door when one is given. */
  url(door?: { host: string; port: number }): string;
  /** As the superuser. */
  query<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** A throwaway PostgreSQL with the role `app`, which owns the schema `public`. */
export async function startPostgres(host: string, port = 5432): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'alwayson-pg-'));
  const bin = await findBinaries();
  const user = await findEngineUser();
  await chmod(folder, 0o755);
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const environment = { ...user, cwd: folder, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' } };
  const data = join(folder, 'data');
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'admin', '-A', 'trust', '--no-sync', '-E', 'UTF8'],
    environment,
  );

  const settings = { listen_addresses: host, port, unix_socket_directories: folder, fsync: 'off' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...flags], { ...environment, stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const query = async <Row>(text: string, values: unknown[] = []) => {
    const client = new Client({ host, port, user: 'admin', database });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(text, values)).rows as Row[];
    } finally {
      await client.end();
    }
  };
  const close = async () => {
    child.kill('SIGQUIT');
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await eventually('PostgreSQL answers', async () => (await query('SELECT 1')).length === 1);
    await query('CREATE ROLE app LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO app');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    host,
    port,
    folder,
    url: (door = { host, port }) => `postgres://app@${door.host}:${door.port}/${database}`,
    query,
    close,
  };
}

async function findBinaries(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const newest = (await readdir(root)).toSorted((a, b) => Number(b) - Number(a))[0];
  return join(root, newest ?? '', 'bin');
}

/** PostgreSQL and PgBouncer refuse root. */
export async function findEngineUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  const [, , uid, gid] = lines.find((line) => line.startsWith('postgres:'))?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}
