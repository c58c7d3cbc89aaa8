import { createSocket } from 'node:dgram';
import { type GatewayLine, parseGatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import { createPreviewToken, toPreviewKey } from '@alwayson/engines/haproxy/preview-token.ts';
import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, type Rig, type Stamp, toRecord, tokens, until } from './rig.ts';

let rig: Rig;
let live: Stamp;
let west1: Stamp;
let west2: Stamp;
let east1: Stamp;
let west: Awaited<ReturnType<Rig['startGateway']>>;
let record: RouteRecord;
const lines: GatewayLine[] = [];
const log = createSocket('udp4');
const key = toPreviewKey(tokens.probe);
const digest = 'bbbbbb'.padEnd(64, '0');

beforeAll(async () => {
  rig = await createRig(66);
  [live, west1, west2, east1] = await Promise.all([
    rig.startStamp('west-1'),
    rig.startStamp('west-1', 'bbbbbb'),
    rig.startStamp('west-2', 'bbbbbb'),
    rig.startStamp('east-1', 'bbbbbb'),
  ]);
  for (const { route } of [west1, west2, east1]) Object.assign(route, { weight: 0, release: digest });
  log.on('message', (text) => {
    const line = parseGatewayLine(text.toString());
    if (line !== null) lines.push(line);
  });
  await new Promise<void>((resolve) => log.bind(7201, rig.address(12), resolve));
  record = toRecord([live, west1, west2, east1]);
  west = await rig.startGateway('west', record);
});
afterAll(async () => {
  log.close();
  await rig.close();
});

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const toToken = (target: string, expiresAt = inSeconds(60)) => createPreviewToken({ target, expiresAt, key });

async function ask(headers: Record<string, string>, path = '/shop/') {
  const answer = await fetch(rig.frontDoor + path, { headers });
  const body = (await answer.json()) as { stamp: string; headers: Record<string, string>; code: string };
  return { status: answer.status, body };
}
const byHeader = (token: string) => ({ 'x-alwayson-preview': token });
const byCookie = (token: string) => ({ cookie: `alwayson-preview=${token}` });

async function lineOf(path: string): Promise<GatewayLine> {
  const find = () => lines.find((line) => line.path === path);
  await until(() => find() !== undefined, `the line of ${path}`);
  return find() as GatewayLine;
}

test('a stamp without a share serves who shows a token for it, every time, and nobody else', async () => {
  for (const { route } of [west1, east1]) {
    for (const headers of [byHeader(toToken(route.id)), byCookie(toToken(route.id))]) {
      const answers = await Promise.all(Array.from({ length: 5 }, () => ask(headers)));
      expect(new Set(answers.map(({ status, body }) => `${status} ${body.stamp}`))).toEqual(
        new Set([`200 ${route.id}`]),
      );
    }
  }
  const users = await Promise.all(Array.from({ length: 10 }, () => ask({})));
  expect(new Set(users.map(({ body }) => body.stamp))).toEqual(new Set([live.route.id]));
});

test.each(['bbbbbb', digest])(
  'a token for the release %s is served by its stamps of the own region',
  async (target) => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(byHeader(toToken(target)))));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.stamp}`))).toEqual(
      new Set([`200 ${west1.route.id}`, `200 ${west2.route.id}`]),
    );
  },
);

test('no stamp sees the token, only what else the client sent; and it is no user who looks', async () => {
  const token = toToken('bbbbbb');
  const cookies = `theme=dark; alwayson-preview=${token}; cart=1`;
  const both = { cookie: cookies, ...byHeader(token), 'x-alwayson-stamp': live.route.id };
  const { body } = await ask(both, '/shop/both');
  expect(body.headers['cookie']).toBe('theme=dark; cart=1');
  const alone = await ask(byCookie(token), '/shop/cookie');
  const stampAlone = await ask(byHeader(toToken(west1.route.id)), '/shop/stamp');
  for (const { headers } of [alone.body, stampAlone.body]) expect(headers).not.toHaveProperty('cookie');
  for (const { headers } of [body, alone.body, stampAlone.body]) {
    expect(Object.keys(headers).filter((name) => name.startsWith('x-alwayson-'))).toEqual([]);
    expect(JSON.stringify(headers)).not.toContain(token);
  }
  for (const path of ['/shop/both', '/shop/cookie', '/shop/stamp']) {
    expect(await lineOf(path)).toMatchObject({ synthetic: true, status: 200 });
  }
  await ask({ cookie: 'theme=dark' }, '/shop/user');
  expect(await lineOf('/shop/user')).toMatchObject({ synthetic: false });
});

test('anything but a valid token is turned away, and no stamp hears of it', async () => {
  const good = toToken('bbbbbb');
  const [target = '', expiry = '', mac = ''] = good.split('.');
  const wrong = {
    empty: '',
    word: 'bbbbbb',
    unsigned: `${target}.${expiry}`,
    cut: good.slice(0, -1),
    longer: `${good}0`,
    loud: `${target}.${expiry}.${mac.toUpperCase()}`,
    guessed: `${target}.${expiry}.${'0'.repeat(64)}`,
    moved: `${west1.route.id}.${expiry}.${mac}`,
    prolonged: `${target}.${Number(expiry) + 1}.${mac}`,
    more: `${good}.${mac}`,
    foreign: createPreviewToken({ target, expiresAt: inSeconds(60), key: toPreviewKey('other') }),
    over: toToken('bbbbbb', inSeconds(-1)),
    probe: tokens.probe,
  };
  for (const [name, token] of Object.entries(wrong)) {
    for (const [how, headers] of Object.entries({ header: byHeader(token), cookie: byCookie(token) })) {
      const path = `/shop/${name}-${how}`;
      expect(await ask(headers, path), path).toMatchObject({ status: 403, body: { code: 'AON_FORBIDDEN' } });
      expect(await lineOf(path)).toMatchObject({ stamp: '<NOSRV>', synthetic: false });
    }
  }
  // A bad header is not made good by a good cookie.
  expect(await ask({ ...byCookie(good), ...byHeader('no') })).toMatchObject({ status: 403 });
});

test('a token ends by itself', async () => {
  const headers = byHeader(toToken('bbbbbb', inSeconds(2)));
  expect((await ask(headers)).status).toBe(200);
  await until(async () => (await ask(headers)).status === 403, 'the end of the token');
});

test('what is not there is not replaced by something else', async () => {
  for (const target of ['cccccc', 'c'.repeat(64), 'west-9-cccccc']) {
    expect(await ask(byHeader(toToken(target)))).toMatchObject({
      status: 503,
      body: { code: 'AON_NO_STAMP' },
    });
  }
  const health = { ...byHeader(toToken(west1.route.id)), 'x-api-key': tokens.apiKeys[0] ?? '' };
  const { body } = await ask(health, '/healthservice/health/stamp');
  // Its own component, and not whichever agent is next.
  expect(body).toMatchObject({ stamp: west1.route.id, headers: expect.anything() });
});

test('a preview is not tried elsewhere, and a stamp that is down is not previewed with its release', async () => {
  west1.component.kill('SIGKILL');
  await until(() => west1.component.signalCode !== null, 'west-1 to end');
  expect(await ask(byHeader(toToken(west1.route.id)), '/shop/dead')).toMatchObject({
    status: 503,
    body: { code: 'AON_NO_STAMP' },
  });
  expect(await lineOf('/shop/dead')).toMatchObject({ stamp: west1.route.id, retries: 0, synthetic: true });
  const isDown = async () =>
    (await west.report()).body.servers.some(
      ({ stamp, state }) => stamp === west1.route.id && state === 'down',
    );
  await until(isDown, 'west-1 down');
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask(byHeader(toToken('bbbbbb')))));
  expect(new Set(answers.map(({ body }) => body.stamp))).toEqual(new Set([west2.route.id]));
  west1.component = rig.startProgram('component', west1.route);
});
