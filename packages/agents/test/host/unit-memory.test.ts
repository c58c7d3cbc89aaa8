import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { measureMemory, watchMemory } from '../../src/host/unit-memory.ts';
import { createHostLab, eventually } from './host-lab.ts';

const mib = 1024 * 1024;

/** Holds so much, and starts the next one of the list below it. */
const program = `
  const [, held, ...others] = process.argv;
  globalThis.held = Buffer.alloc(Number(held) * ${mib}, 1);
  const node = require('node:child_process');
  if (others.length > 0)
    node.spawn(process.execPath, ['-e', process.env.PROGRAM, ...others], { stdio: 'inherit' });
  else process.stdout.write('ready');
  setInterval(() => {}, 1000);
`;

async function startFamily(...held: number[]): Promise<number> {
  const child = spawn(process.execPath, ['-e', program, ...held.map(String)], {
    env: { PROGRAM: program },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  onTestFinished(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  });
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

test('what a process, its children and theirs hold is summed up', async () => {
  const alone = measureMemory(await startFamily(1)) ?? 0;
  const family = measureMemory(await startFamily(60, 1, 80)) ?? 0;
  expect(alone).toBeGreaterThan(20 * mib);
  // Two more processes, and 140 MiB that they hold.
  expect(family - 3 * alone).toBeGreaterThan(120 * mib);
  expect(family - 3 * alone).toBeLessThan(200 * mib);
});

test('of a process that is gone nothing is known', () => {
  expect(existsSync('/proc/999999999')).toBe(false);
  expect(measureMemory(999_999_999)).toBeNull();
  const watch = watchMemory(() => [999_999_999]);
  onTestFinished(() => watch.close());
  expect(watch.bytesOf(999_999_999)).toBeUndefined();
});

test('a host tells the memory of its components, and of nothing else', async () => {
  const lab = createHostLab('201.60');
  onTestFinished(() => lab.close());
  await lab.startHost('witness');
  await lab.call('witness', 'PUT /units/web', lab.spec('witness', 'web'));
  await lab.call('witness', 'PUT /units/agent', { ...lab.spec('witness', 'agent'), kind: 'stamp-agent' });
  for (const id of ['web', 'agent']) await lab.until('witness', id, ({ state }) => state === 'ready');
  const { memoryBytes } = await lab.until('witness', 'web', (unit) => unit.memoryBytes !== undefined);
  expect(memoryBytes).toBeGreaterThan(20 * mib);
  const { units } = await lab.status('witness');
  expect(units.find(({ id }) => id === 'agent')).not.toHaveProperty('memoryBytes');
  await eventually('its metrics tell it too', async () => {
    const { body } = await lab.call('witness', 'GET /metrics');
    return String(body).includes('alwayson_host_unit_memory_bytes{region="witness"');
  });
});
