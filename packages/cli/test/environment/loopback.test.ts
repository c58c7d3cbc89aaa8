import { createServer } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { chooseOctet, toZones, tryListen } from '../../src/environment/loopback.ts';

test('every zone has an address of its own, whatever the layout', () => {
  const regions = fc.array(
    fc.record({ name: fc.constantFrom('r1', 'r2', 'r3', 'r4'), zones: fc.integer({ min: 2, max: 4 }) }),
    {
      minLength: 2,
      maxLength: 4,
    },
  );
  fc.assert(
    fc.property(regions, (layout) => {
      const zones = toZones(layout, 77);
      expect(new Set(zones.map(({ address }) => address)).size).toBe(zones.length);
      expect(zones[0]).toEqual({ name: 'witness', region: 'witness', address: '127.77.0.1' });
      expect(zones.length).toBe(1 + layout.reduce((sum, region) => sum + region.zones, 0));
    }),
  );
});

test('the octet depends on the folder, stays in its range, and moves on when it is in use', async () => {
  const first = await chooseOctet('/a', async () => true);
  expect(await chooseOctet('/a', async () => true)).toBe(first);
  const second = await chooseOctet('/a', async (octet) => octet !== first);
  expect(second).toBe(first === 199 ? 16 : first + 1);
  for (const folder of ['/b', '/c', '/d']) {
    const octet = await chooseOctet(folder, async () => true);
    expect(octet).toBeGreaterThanOrEqual(16);
    expect(octet).toBeLessThanOrEqual(199);
  }
  await expect(chooseOctet('/a', async () => false)).rejects.toMatchObject({ code: 'AON_PORT_TAKEN' });
});

test('a taken port is told from a free one', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(17_203, '127.208.3.1', resolve));
  onTestFinished(() => void server.close());
  expect(await tryListen('127.208.3.1', 17_203)).toBe('EADDRINUSE');
  expect(await tryListen('127.208.3.2', 17_203)).toBe('free');
});
