import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createMemberWatch } from '../../src/database/member-watch.ts';
import { waitFor } from './database-rig.ts';

const address = '127.202.9.1';

test('a server that is starting refuses and is not frozen for that: only silence counts, and anew after every other failure', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket));
  const listen = () => new Promise<void>((resolve) => server.listen(5432, address, resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  const watch = createMemberWatch({ address, port: 5432, password: 'x', onResult: () => {} });
  onTestFinished(() => {
    watch.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  for (let probe = 0; probe < 4; probe += 1) await watch.refresh();
  expect(watch.view()).toMatchObject({ sql: 'refused', silences: 0 });
  await listen();
  await watch.refresh();
  expect(watch.view()).toMatchObject({ sql: 'silent', silences: 1 });
  await watch.refresh();
  expect(watch.view()).toMatchObject({ sql: 'silent', silences: 2 });
  await close();
  await waitFor('it to refuse again', async () => {
    await watch.refresh();
    return watch.view().sql === 'refused';
  });
  expect(watch.view().silences).toBe(0);
});
