import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { eventually } from './eventually.ts';

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** One command, as an operator would send it. */
  send(...command: string[]): Promise<unknown>;
  close(): Promise<void>;
}

/** A throwaway Redis without persistence. */
export async function startRedis(host: string, port = 6379): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'alwayson-redis-'));
  const settings = ['--bind', host, '--port', String(port), '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', settings, { cwd: folder, stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const url = `redis://${host}:${port}`;
  const send = async (...command: string[]) => {
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    await client.connect();
    try {
      return await client.sendCommand(command);
    } finally {
      client.destroy();
    }
  };
  const close = async () => {
    child.kill('SIGKILL');
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await eventually('Redis answers', async () => (await send('PING')) !== null);
  } catch (error) {
    await close();
    throw error;
  }
  return { host, port, url, send, close };
}
