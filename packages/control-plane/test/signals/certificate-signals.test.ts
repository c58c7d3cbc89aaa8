import { createServer as createTcpServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { createCertificateSignals } from '../../src/signals/certificate-signals.ts';
import { manifest } from '../health/health-world.ts';
import { certificate, endsAt, key } from './shop-certificate.ts';

const dayMs = 86_400_000;
const host = '127.204.0.3';

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function createRig(ports: readonly number[], daysLeft: number) {
  const clock = { nowMs: endsAt - daysLeft * dayMs };
  const certificates = ports.map((port) => ({ host, port, serverName: 'shop.example' }));
  const signals = createCertificateSignals({
    manifest: { ...manifest, gateway: { ...manifest.gateway, certificates } },
    now: () => clock.nowMs,
  });
  onTestFinished(() => signals.close());
  const tick = () => signals.tick(new AbortController().signal);
  return { clock, signals, tick };
}

test('how long it lasts is read from the handshake, also of one that nobody trusts or that has ended', async () => {
  const port = await listen(createServer({ cert: certificate, key }));
  const { clock, signals, tick } = createRig([port], 12);
  expect(signals.certificates()).toBeNull();
  await tick();
  await expect.poll(() => signals.certificates(), { timeout: 20_000 }).toEqual({ at: clock.nowMs, days: 12 });
  clock.nowMs += 13 * dayMs;
  const { nowMs } = clock;
  await tick();
  await expect.poll(() => signals.certificates(), { timeout: 20_000 }).toEqual({ at: nowMs, days: -1 });
});

test('one that cannot be asked keeps its age, and one that was never seen leaves all unknown', async () => {
  const server = createServer({ cert: certificate, key });
  const port = await listen(server);
  const silent = await listen(createTcpServer());
  const both = createRig([port, silent], 40);
  await both.tick();
  const { clock, signals, tick } = createRig([port], 40);
  await tick();
  await expect.poll(() => signals.certificates()?.days, { timeout: 20_000 }).toBe(40);
  const seenAt = clock.nowMs;
  await new Promise((resolve) => server.close(resolve));
  clock.nowMs += dayMs;
  await tick();
  await signals.close();
  expect(signals.certificates()).toEqual({ at: seenAt, days: 39 });
  expect(both.signals.certificates()).toBeNull();
});
