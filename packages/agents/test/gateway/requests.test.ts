import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, frontDoorPort, type Rig, type Stamp, toRecord, tokens, until } from './rig.ts';

let rig: Rig;
let west1: Stamp;
let west2: Stamp;
let gateway: Awaited<ReturnType<Rig['startGateway']>>;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

beforeAll(async () => {
  rig = await createRig(30);
  [west1, west2] = await Promise.all([rig.startStamp('west-1'), rig.startStamp('west-2')]);
  const limits = { requestsPerSecondPerClient: 20, requestBodyBytesMax: 50_000, requestTimeoutMs: 2000 };
  gateway = await rig.startGateway(
    'west',
    toRecord([west1, west2], { limits, components: [{ name: 'web', routes: ['/shop', '/healthz'] }] }),
  );
});
afterAll(() => rig.close());

interface Echo {
  stamp: string;
  headers: Record<string, string>;
  bytes: number;
  times: number;
}

const call = async (path: string, init: RequestInit = {}) => {
  // The token marks our own traffic: it is not counted against the limit per client.
  const headers = { 'x-alwayson-probe': tokens.probe, ...(init.headers as Record<string, string>) };
  const answer = await fetch(rig.frontDoor + path, { ...init, headers });
  return { answer, text: await answer.text() };
};

const allUp = async () => (await gateway.report()).body.servers.every(({ state }) => state === 'up');

test('headers that only the gateway may set are stripped, on the way in and out', async () => {
  const { answer, text } = await call('/shop/', {
    headers: {
      'x-forwarded-for': '6.6.6.6',
      'X-Forwarded-Host': 'evil',
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'x-stamp': 'a',
    },
  });
  const { headers } = JSON.parse(text) as Echo;
  expect(headers).toMatchObject({
    'x-forwarded-for': expect.stringMatching(/^127\./),
    'x-forwarded-proto': 'http',
  });
  for (const name of ['x-forwarded-host', 'forwarded', 'x-real-ip', 'x-stamp', 'x-alwayson-probe']) {
    expect(headers).not.toHaveProperty(name);
  }
  expect(answer.headers.get('server')).toBeNull();
  expect(answer.headers.get('keep-alive')).toBe('timeout=55');
});

test('a correlation id is kept when it is a UUID, made when not, and always told', async () => {
  const own = '3f2504e0-4f89-11d3-9a0c-0305e82c3301';
  const kept = await call('/shop/', { headers: { 'x-correlation-id': own } });
  expect(kept.answer.headers.get('x-correlation-id')).toBe(own);
  expect((JSON.parse(kept.text) as Echo).headers['x-correlation-id']).toBe(own);
  const made = await call('/shop/', { headers: { 'x-correlation-id': '"}{' } });
  const id = made.answer.headers.get('x-correlation-id');
  expect(id).toMatch(uuid);
  expect((JSON.parse(made.text) as Echo).headers['x-correlation-id']).toBe(id);
});

test('what the gateway refuses is a problem document with a code and the correlation id', async () => {
  const refusals = [
    { status: 404, code: 'AON_NO_ROUTE', ...(await call('/elsewhere')) },
    { status: 404, code: 'AON_NO_ROUTE', ...(await call('/shopping')) },
    { status: 403, code: 'AON_FORBIDDEN', ...(await call('/healthservice/health/stamp')) },
    { status: 504, code: 'AON_STAMP_SLOW', ...(await call('/shop/?ms=3000')) },
  ];
  for (const { status, code, answer, text } of refusals) {
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const id = answer.headers.get('x-correlation-id');
    expect(id).toMatch(uuid);
    expect(JSON.parse(text)).toMatchObject({
      status,
      code,
      title: code,
      correlationId: id,
      hint: expect.any(String),
    });
  }
});

test('a body is limited, and one of undeclared length to what the gateway can hold', async () => {
  const head = `POST /shop/ HTTP/1.1\r\nHost: a\r\nX-AlwaysOn-Probe: ${tokens.probe}\r\n`;
  const declared = await raw([`${head}Content-Length: 50001\r\n\r\n`]);
  const undeclared = await raw([
    `${head}Transfer-Encoding: chunked\r\n\r\n3a98\r\n${'x'.repeat(15_000)}\r\n0\r\n\r\n`,
  ]);
  for (const text of [declared, undeclared]) {
    expect(text).toMatch(/^HTTP\/1\.1 413[^]*"code":"AON_REQUEST_TOO_LARGE"/);
  }
  const whole = await call('/shop/', { method: 'POST', body: 'x'.repeat(50_000) });
  expect(JSON.parse(whole.text)).toMatchObject({ bytes: 50_000 });
  const chunked = await call('/shop/', {
    method: 'POST',
    body: stream(10_000),
    duplex: 'half',
  });
  expect(JSON.parse(chunked.text)).toMatchObject({ bytes: 10_000 });
});

test('the health endpoint is reached with either key', async () => {
  for (const key of tokens.apiKeys) {
    const { answer, text } = await call('/healthservice/health/stamp', { headers: { 'x-api-key': key } });
    expect(answer.status).toBe(200);
    expect((JSON.parse(text) as Echo).stamp).toMatch(/^west-/);
  }
});

test('a client above its rate is told to wait, others are served', async () => {
  const answers = await Promise.all(Array.from({ length: 230 }, () => fetch(`${rig.frontDoor}/shop/`)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(200);
  expect(refused).toHaveLength(30);
  expect(refused[0]?.headers.get('retry-after')).toBe('10');
  expect(await refused[0]?.json()).toMatchObject({ code: 'AON_RATE_LIMITED', status: 429 });
  for (const { body } of answers) await body?.cancel().catch(() => {});
  expect((await call('/shop/')).answer.status).toBe(200);
});

test('a HEAD to a refused path has no body and leaves the connection usable', async () => {
  const text = await raw([
    'HEAD /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n',
    300,
    'GET /elsewhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  ]);
  expect(text.match(/HTTP\/1\.1 (404|429)/g)).toHaveLength(2);
  expect(text.match(/\{"type"/g)).toHaveLength(1);
});

test('slow clients are cut: heads and bodies that do not arrive within 5 s', async () => {
  const startedAt = performance.now();
  const [head, body, silent] = await Promise.all([
    raw(['GET /shop/ HTTP/1.1\r\nHost: a\r\n', 2000, 'X-A: 1\r\n', 2000, 'X-B: 1\r\n', 2000, 'X-C: 1\r\n']),
    raw([
      `POST /shop/ HTTP/1.1\r\nHost: a\r\nX-AlwaysOn-Probe: ${tokens.probe}\r\nContent-Length: 100\r\n\r\nabc`,
    ]),
    raw([]),
  ]);
  expect(performance.now() - startedAt).toBeLessThan(8000);
  expect(head).toMatch(/^HTTP\/1\.1 408/);
  expect(body).toMatch(/^HTTP\/1\.1 408[^]*"code":"AON_REQUEST_SLOW"/);
  expect(silent).toBe('');
});

test('a POST that reached a dying stamp is sent again only with an Idempotency-Key', async () => {
  const timesSeen = async (mark: string, stamp: Stamp) => {
    const answer = await fetch(`http://${stamp.route.address}:${stamp.route.ports['web']}/?count=${mark}`);
    return ((await answer.json()) as Echo).times;
  };
  const post = async (mark: string, headers: Record<string, string>) => {
    const url = `/shop/?mark=${mark}&die=${west1.route.id}`;
    const outcome = await call(url, { method: 'POST', body: '{"a":1}', headers }).catch(() => null);
    // A process that killed itself is known to be dead only when its parent has heard of it.
    await sleep(100);
    if (west1.component.exitCode === null && west1.component.signalCode === null) return undefined;
    west1.component = rig.startProgram('component', west1.route);
    await until(
      async () => (await gateway.report()).body.servers.every(({ state }) => state === 'up'),
      'west-1 up',
    );
    return outcome?.answer.status ?? 'closed';
  };
  /** Sends until the request meets west-1; answers what became of that one. */
  const meet = async (name: string, headers: Record<string, string>) => {
    // Its agent may have seen it dead and take it out for a while.
    for (let turn = 0; turn < 60; turn += 1) {
      const mark = `${name}${turn}`;
      const outcome = await post(mark, headers);
      if (outcome !== undefined) return { outcome, again: await timesSeen(mark, west2) };
    }
    throw new Error('west-1 was never met');
  };
  await until(allUp, 'both stamps up');
  const bare = await meet('bare', {});
  expect([502, 'closed']).toContain(bare.outcome);
  expect(bare.again).toBe(0);
  expect(await meet('keyed', { 'idempotency-key': 'k1' })).toEqual({ outcome: 200, again: 1 });
});

test('with every stamp gone the answer is a 503 that says when to come back, at once', async () => {
  for (const stamp of [west1, west2]) {
    stamp.component.kill('SIGKILL');
    stamp.agent.kill('SIGKILL');
  }
  await until(
    async () => (await gateway.report()).body.servers.every(({ state }) => state === 'down'),
    'all down',
  );
  const at = performance.now();
  const { answer, text } = await call('/shop/');
  expect(performance.now() - at).toBeLessThan(1000);
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(JSON.parse(text)).toMatchObject({
    code: 'AON_NO_STAMP',
    correlationId: expect.stringMatching(uuid),
  });
  west2.component = rig.startProgram('component', west2.route);
  // Its agent is still dead: without any stamp known to be healthy, trying one beats refusing everybody.
  await until(async () => (await call('/shop/')).answer.status === 200, 'the last resort');
});

function stream(bytes: number): ReadableStream<Uint8Array> {
  const parts = Array.from({ length: bytes / 1000 }, () => new Uint8Array(1000).fill(120));
  return ReadableStream.from(parts);
}

/** Writes the steps (numbers are pauses in ms); answers what came back until the gateway closed or was quiet for 1 s. */
function raw(steps: (string | number)[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(frontDoorPort, rig.address(100));
    let text = '';
    let quiet: NodeJS.Timeout | undefined;
    socket.on('data', (chunk) => {
      text += chunk.toString();
      clearTimeout(quiet);
      quiet = setTimeout(() => socket.destroy(), 1000);
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
    void (async () => {
      for (const step of steps) {
        if (typeof step === 'number') await sleep(step);
        else socket.write(step);
      }
    })();
  });
}
