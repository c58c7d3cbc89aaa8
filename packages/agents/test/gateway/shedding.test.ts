import { createSocket } from 'node:dgram';
import { type GatewayLine, parseGatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classifyLine } from '../../src/observer/classify-line.ts';
import { createRig, type Rig, toRecord, tokens, until } from './rig.ts';

let rig: Rig;
let west: Awaited<ReturnType<Rig['startGateway']>>;
let record: RouteRecord;
const lines: GatewayLine[] = [];
const log = createSocket('udp4');

beforeAll(async () => {
  rig = await createRig(45);
  const stamp = await rig.startStamp('west-1');
  log.on('message', (text) => {
    const line = parseGatewayLine(text.toString());
    if (line !== null) lines.push(line);
  });
  await new Promise<void>((resolve) => log.bind(7201, rig.address(12), resolve));
  const flows = ['buy', 'browse'].map((name) => {
    return { name, requests: [{ methods: [], path: `/${name}/**` }] };
  });
  record = toRecord([stamp], { flows });
  west = await rig.startGateway('west', record);
});
afterAll(async () => {
  log.close();
  await rig.close();
});

async function put(shed: RouteRecord['shed']) {
  const { shed: _shed, ...rest } = record;
  record = { ...rest, ...(shed === undefined ? {} : { shed }), generation: record.generation + 1 };
  const answer = await west.put(record);
  expect(answer).toMatchObject({ status: 200, body: { inForce: true, haproxy: { reloads: 0 } } });
  return answer.body;
}

/** How many of 200 requests are refused; all others are served. */
async function refused(path: string, headers: Record<string, string> = {}): Promise<number> {
  let count = 0;
  for (let round = 0; round < 20; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const answer = await fetch(rig.frontDoor + path, { headers });
        return { status: answer.status, text: await answer.text() };
      }),
    );
    const bad = answers.filter(({ status }) => status !== 200);
    for (const { text } of bad) expect(text).toContain('AON_OVERLOADED');
    count += bad.length;
  }
  return count;
}

test('a part of one flow is refused at once, without a reload, and read back; nobody else feels it', async () => {
  expect(await refused('/browse/a')).toBe(0);
  const report = await put([{ flow: 'browse', part: 0.5 }]);
  expect(report.shed).toEqual([{ flow: 'browse', part: 0.5 }]);
  const half = await refused('/browse/a');
  // Further away than 5 standard deviations of 200 throws of a coin would be a fault.
  expect(half).toBeGreaterThan(64);
  expect(half).toBeLessThan(136);
  expect(await refused('/buy/a')).toBe(0);
  expect(await refused('/elsewhere')).toBe(0);
  await put([{ flow: 'browse', part: 1 }]);
  expect(await refused('/browse/a')).toBe(200);
  expect((await put(undefined)).shed).toEqual([]);
  expect(await refused('/browse/a')).toBe(0);
});

test('a refusal says why and when to come back, and is counted as shed; probes and the health endpoint are never refused', async () => {
  await put([{ flow: 'browse', part: 1 }]);
  const answer = await fetch(`${rig.frontDoor}/browse/once`, { method: 'POST', body: 'x'.repeat(2000) });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('5');
  expect(await answer.json()).toMatchObject({
    code: 'AON_OVERLOADED',
    correlationId: answer.headers.get('x-correlation-id'),
  });
  const lineOf = () => lines.find(({ path }) => path === '/browse/once');
  await until(() => lineOf() !== undefined, 'its line');
  const line = lineOf() as GatewayLine;
  expect(line).toMatchObject({ flow: 'browse', synthetic: false, stamp: '<NOSRV>' });
  expect(classifyLine(line, 100)).toBe('shed');
  expect(await refused('/browse/a', { 'x-alwayson-probe': tokens.probe })).toBe(0);
  const health = { 'x-api-key': tokens.apiKeys[0] ?? '' };
  expect(await refused('/healthservice/health/stamp', health)).toBe(0);
  const metrics = await fetch(`http://${rig.address(11)}:7100/metrics`);
  expect(await metrics.text()).toContain('alwayson_gateway_refused_ratio{region="west",flow="browse"} 1');
});

test('refusals survive a killed HAProxy, with nobody there to tell it', async () => {
  await put([{ flow: 'browse', part: 1 }]);
  const master = west.master()?.pid;
  west.agent.kill('SIGKILL');
  process.kill(await west.worker(), 'SIGKILL');
  await until(() => west.master()?.pid !== master, 'the host to start HAProxy again');
  const isServing = () =>
    fetch(`${rig.frontDoor}/buy/a`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(isServing, 'the front door');
  expect(await refused('/browse/a')).toBe(200);
});
