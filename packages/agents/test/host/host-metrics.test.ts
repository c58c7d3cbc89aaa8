import { zonePorts } from '@alwayson/protocol/environment.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHostLab, eventually, type HostLab } from './host-lab.ts';

const zone = 'west-1';
let lab: HostLab;

beforeEach(() => {
  lab = createHostLab('205.70');
});
afterEach(() => lab.close());

test('a host tells of itself and its units without a token, and of nothing else', async () => {
  await lab.startHost(zone);
  await lab.call(zone, 'PUT /units/unit', lab.spec(zone, 'unit'));
  await lab.until(zone, 'unit', ({ state }) => state === 'ready');
  const address = lab.environment.zones.find(({ name }) => name === zone)?.address ?? '';
  const base = `http://${address}:${zonePorts.host}`;
  const scrape = async () => (await fetch(`${base}/metrics`)).text();
  const labels = `region="west",zone="west-1",unit="unit",kind="component"`;
  const text = await scrape();
  expect(text).toMatch(/^process_resident_memory_bytes [1-9]/m);
  expect(text).toContain(`alwayson_host_unit_state{${labels},state="ready"} 1`);
  expect(text).toContain(`alwayson_host_unit_restarts_total{${labels}} 0`);
  expect(text).toContain('alwayson_host_problems{region="west",zone="west-1"} 0');
  for (const path of ['/host', '/metrics/', '/units/unit/log', '/']) {
    expect((await fetch(base + path)).status, path).toBe(401);
  }
  await lab.call(zone, 'POST /units/unit/kill');
  await eventually('the restart is told', async () =>
    (await scrape()).includes(`alwayson_host_unit_restarts_total{${labels}} 1`),
  );
});
