import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import { startProbe } from '../../src/host/unit-probe.ts';

const address = '127.205.30.1';

afterEach(() => {
  vi.useRealTimers();
});

test('all units of a host are asked at the same instant, whenever each of them started', async () => {
  let asked = 0;
  const allTwice = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    asked += 1;
    if (asked === 6) allTwice.resolve();
    response.end('well');
  }).listen({ host: address, port: 0 });
  await once(server, 'listening');
  const listening = server.address();
  const port = typeof listening === 'object' ? (listening?.port ?? 0) : 0;
  const probe = { type: 'http', path: '/', headers: {}, intervalMs: 1000, timeoutMs: 600_000 } as const;
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  const stops: (() => void)[] = [];
  const start = async () => {
    const passed = Promise.withResolvers<string | undefined>();
    stops.push(startProbe({ address, port, probe }, passed.resolve));
    expect(await passed.promise).toBeUndefined();
  };
  try {
    await start();
    vi.advanceTimersByTime(130);
    await start();
    vi.advanceTimersByTime(270);
    await start();
    expect(asked).toBe(3);
    vi.advanceTimersByTime(599);
    expect(vi.getTimerCount()).toBe(3); // none of them is asked: each waits for its time
    vi.advanceTimersByTime(1);
    await allTwice.promise; // no more time passes for them
  } finally {
    for (const stop of stops) stop();
    server.closeAllConnections();
    server.close();
  }
});
