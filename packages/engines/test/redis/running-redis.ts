import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderQueueConfig } from '../../src/redis/queue-config.ts';
import type { RedisServerAddress } from '../../src/redis/redis-config.ts';

const pollMs = 25;
const triesMax = 400;

export interface RunningRedis {
  /** Tries until it works, for a server that is still starting. */
  within<T>(attempt: () => Promise<T>): Promise<T>;
  /** Resolves when the process is gone, and its folder too. */
  kill(): Promise<void>;
}

export const queueConfigFor = (server: RedisServerAddress) =>
  renderQueueConfig({ ...server, durability: 'replicated' });

/** A real server in a folder of its own. */
export async function startRedis(config: string): Promise<RunningRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'alwayson-redis-'));
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'redis.conf'), config);
  const child = spawn('redis-server', ['redis.conf'], { cwd: dir, stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  return {
    async within(attempt) {
      for (let n = 1; ; n += 1) {
        try {
          return await attempt();
        } catch (error) {
          if (n === triesMax) throw error;
          await sleep(pollMs);
        }
      }
    },
    async kill() {
      if (child.kill('SIGKILL')) await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
