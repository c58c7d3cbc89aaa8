import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderQueueConfig } from '../../src/redis/queue-config.ts';
import type { RedisServerAddress } from '../../src/redis/redis-config.ts';

const pollMs = 25;
const triesMax = 400;

export interface RunningRedis {
  readonly child: ChildProcess;
  /** Resolves when the process is gone, and its folder too. */
  kill(): Promise<void>;
}

export const queueConfigFor = (server: RedisServerAddress) =>
  renderQueueConfig({ ...server, durability: 'replicated' });

/** Tries until it works, as with a server that is still starting; false is "not yet" too. */
export async function eventually<T>(attempt: () => Promise<T | false>): Promise<T> {
  let last: unknown;
  for (let n = 0; n < triesMax; n += 1) {
    const result = await attempt().catch((error: unknown) => {
      last = error;
      return false as const;
    });
    if (result !== false) return result;
    await sleep(pollMs);
  }
  throw new Error('Not in time.', { cause: last });
}

/** A real server in a folder of its own. */
export async function startRedis(config: string): Promise<RunningRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'alwayson-redis-'));
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'redis.conf'), config);
  const child = spawn('redis-server', ['redis.conf'], { cwd: dir, stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  return {
    child,
    async kill() {
      if (child.kill('SIGKILL')) await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
