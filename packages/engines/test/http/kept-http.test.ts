import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { KeptHttp } from '../../src/http/kept-http.ts';

const host = '127.201.9.1';
const servers: Server[] = [];
const sockets = new Set<Socket>();
let opened = 0;

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  opened = 0;
});

async function listen(server: Server): Promise<KeptHttp> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    opened += 1;
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return new KeptHttp({ host, port, path: '/ready', headers: { 'x-token': 'secret' }, timeoutMs: 500 });
}

const statusOf = async (http: KeptHttp) => (await http.ask()).status;

const serve = (listener: RequestListener) => listen(createHttpServer(listener));
/** A server that answers any request with these bytes. */
const say = (answer: string) =>
  listen(createServer((socket) => socket.on('error', () => {}).on('data', () => socket.write(answer))));

test('questions go over one connection, with path and headers', async () => {
  const asked: unknown[] = [];
  const http = await serve((request, response) => {
    asked.push([request.method, request.url, request.headers['x-token']]);
    response.statusCode = asked.length === 2 ? 503 : 200;
    response.end('x'.repeat(asked.length * 10_000));
  });
  const answers = [await http.ask(), await http.ask(), await http.ask()];
  expect(answers.map(({ status, body }) => [status, body.length])).toEqual([
    [200, 10_000],
    [503, 20_000],
    [200, 30_000],
  ]);
  expect(asked).toEqual(Array.from({ length: 3 }, () => ['GET', '/ready', 'secret']));
  expect(opened).toBe(1);
  http.close();
});

test.each([
  [
    'a closed connection',
    (response: Parameters<RequestListener>[1]) => response.setHeader('connection', 'close').end('x'),
  ],
  ['a long body', (response: Parameters<RequestListener>[1]) => response.end('x'.repeat(400_000))],
])('an answer with %s is understood, over a new connection each time', async (_name, answer) => {
  const http = await serve((_request, response) => void answer(response));
  expect([await statusOf(http), await statusOf(http)]).toEqual([200, 200]);
  expect(opened).toBe(2);
  http.close();
});

test('a kept connection that the server closed is replaced without a word', async () => {
  const http = await serve((_request, response) => response.end('x'));
  expect(await statusOf(http)).toBe(200);
  for (const socket of sockets) socket.resetAndDestroy();
  expect(await statusOf(http)).toBe(200);
  expect(opened).toBe(2);
  http.close();
});

test('an answer in chunks is put together, and its connection kept', async () => {
  const http = await serve((_request, response) => {
    response.write('{"a":');
    setTimeout(() => response.end('"ü"}'), 20);
  });
  expect(await http.ask()).toEqual({ status: 200, body: '{"a":"ü"}' });
  expect(await http.ask()).toEqual({ status: 200, body: '{"a":"ü"}' });
  expect(opened).toBe(1);
  http.close();
});

test('a body of letters beyond ASCII is read as UTF-8', async () => {
  const http = await serve((_request, response) => response.end('grün ✓'));
  expect(await http.ask()).toEqual({ status: 200, body: 'grün ✓' });
  expect(await http.ask()).toEqual({ status: 200, body: 'grün ✓' });
  expect(opened).toBe(1);
  http.close();
});

test('silence, refusal, nonsense and a broken connection are told', async () => {
  const silent = await serve(() => {});
  await expect(silent.ask()).rejects.toThrow('no answer within 500 ms');
  const nonsense = await say('220 mail.example ESMTP\r\n\r\n');
  await expect(nonsense.ask()).rejects.toThrow('not HTTP');
  const cut = await say('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx');
  await expect(cut.ask()).rejects.toThrow('no answer within');
  const closing = await listen(createServer((socket) => socket.end()));
  await expect(closing.ask()).rejects.toThrow('closed without an answer');
  await new Promise((resolve) => servers[0]?.close(resolve));
  await expect(silent.ask()).rejects.toThrow('ECONNREFUSED');
});

test('an answer in pieces is put together; what nobody asked for ends the connection', async () => {
  const http = await listen(
    createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        const pieces = ['HTTP/1.1 2', '04 No Content\r\ncontent-le', 'ngth: 3\r\n\r\na', 'bc', 'surprise'];
        const next = () => {
          const piece = pieces.shift();
          if (piece === undefined) return;
          socket.write(piece);
          setTimeout(next, 20);
        };
        next();
      });
    }),
  );
  expect(await http.ask()).toEqual({ status: 204, body: 'abc' });
  await expect
    .poll(() => [...sockets].every((socket) => socket.destroyed || socket.readableEnded))
    .toBe(true);
  expect(await statusOf(http)).toBe(204);
  expect(opened).toBe(2);
  http.close();
});

test('an answer that came in time is not late because the process was held up', async () => {
  const http = await serve((_request, response) => {
    response.end('x');
    const until = performance.now() + 700;
    while (performance.now() < until);
  });
  expect(await statusOf(http)).toBe(200);
  http.close();
});
