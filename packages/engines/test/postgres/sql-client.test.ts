import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { knock } from '@alwayson/engines/postgres/knock.ts';
import { connectSql, toSqlFailure } from '@alwayson/engines/postgres/sql-client.ts';
import { expect, test } from 'vitest';

const host = '127.202.9.1';

/** A server that does with a connection what the test wants; the kernel accepts for it in any case. */
async function withListener(
  onSocket: (socket: Socket) => void,
  run: (port: number) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    onSocket(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  try {
    await run(typeof address === 'object' && address !== null ? address.port : 0);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

async function failureOf(port: number) {
  const target = { host, port, user: 'u', password: 'p', database: 'd', timeoutMs: 200 };
  return connectSql(target).then(() => 'connected', toSqlFailure);
}

test('nobody listening, a silent server and one that hangs up are told apart', async () => {
  expect(await failureOf(1)).toBe('refused');
  await withListener(
    () => {},
    async (port) => expect(await failureOf(port)).toBe('silent'),
  );
  await withListener(
    (socket) => socket.destroy(),
    async (port) => expect(await failureOf(port)).toBe('starting'),
  );
});

test('a knock is answered by a live server only', async () => {
  const knockAt = (port: number) =>
    knock({ host, port, timeoutMs: 200 }).then(() => 'answered', toSqlFailure);
  await withListener(
    (socket) => socket.on('data', () => socket.write('N')),
    async (port) => expect(await knockAt(port)).toBe('answered'),
  );
  await withListener(
    () => {},
    async (port) => expect(await knockAt(port)).toBe('silent'),
  );
  expect(await knockAt(1)).toBe('refused');
});
