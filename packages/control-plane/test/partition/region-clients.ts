import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type DatabaseRig, doorOf } from '../database/database-rig.ts';
import type { Partition } from './partition.ts';

export interface Acknowledged {
  id: number;
  region: 'west' | 'east';
  /** Unix ms. */
  at: number;
}

/** One client at each region's first door, on that region's side of every cut. */
export class RegionClients {
  readonly acknowledged: Acknowledged[] = [];
  readonly #failures = { west: 0, east: 0 };
  readonly #processes: ChildProcess[] = [];

  static start(rig: DatabaseRig, partition: Partition, firstId: number): RegionClients {
    const clients = new RegionClients();
    for (const [index, region] of (['west', 'east'] as const).entries()) {
      const zone = `${region}-1`;
      const target = { ...doorOf(rig, zone, 'write'), timeoutMs: 2000 };
      const order = JSON.stringify({ target, zone, firstId: firstId + index * 1_000_000 });
      const child = spawn(process.execPath, [join(import.meta.dirname, 'region-writer-program.ts'), order], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      partition.place(region, child.pid ?? 0);
      clients.#listen(child, region);
      child.stdin.write('begin\n');
    }
    return clients;
  }

  count(region: 'west' | 'east', since = 0): number {
    return this.acknowledged.filter((one) => one.region === region && one.at >= since).length;
  }

  failures(region: 'west' | 'east'): number {
    return this.#failures[region];
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#processes.map(async (child) => {
        child.stdin?.end();
        if (child.exitCode === null) await once(child, 'close');
      }),
    );
  }

  #listen(child: ChildProcess, region: 'west' | 'east'): void {
    this.#processes.push(child);
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [id = '', at] = line.split(' ');
        if (id === '-') this.#failures[region] += 1;
        else this.acknowledged.push({ id: Number(id), region, at: Number(at) });
      }
    });
  }
}
