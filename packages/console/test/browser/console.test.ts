import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../support/api-server.ts';
import { openPage, phone, startBrowser } from '../support/browser.ts';
import { createEvents, createStatus, failover, withUnit, withZoneDead } from '../support/estate-fixture.ts';

const unauthorizedText = 'Open the console with ./alwayson open to be allowed to change things.';
let folder: string;
let browser: Browser;
let api: ApiServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alwayson-console-'));
  const build = fileURLToPath(new URL('../../build.ts', import.meta.url));
  await promisify(execFile)(process.execPath, [build, folder]);
  browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  api = await startApiServer(folder, { status: createStatus(), events: createEvents(450) });
});

afterEach(async () => {
  await api.stop();
});

/** Waits until `read` gives what is expected; fails with the difference after fifteen seconds. */
function eventually(read: () => unknown, expected: unknown): Promise<void> {
  return expect.poll(read, { timeout: 15_000, interval: 50 }).toEqual(expected);
}

const chip = (page: Page, id: string) => page.locator(`[data-unit="${id}"]`);
const isLive = (page: Page) => page.getByText('Live', { exact: true }).waitFor();

test('the console loads in less than 300 kB of JavaScript, from its own origin only, without a complaint', async () => {
  const assets = (await readdir(join(folder, 'assets'))).filter((name) => name.endsWith('.js'));
  const sources = await Promise.all(assets.map((name) => readFile(join(folder, 'assets', name))));
  expect(gzipSync(Buffer.concat(sources)).length).toBeLessThan(300_000);

  await using opened = await openPage(browser, api.url);
  await isLive(opened.page);
  await opened.page.getByRole('link', { name: 'Events', exact: true }).click();
  await opened.page.getByRole('heading', { name: 'Events' }).waitFor();
  expect(opened.strangers).toEqual([]);
  expect(opened.faults).toEqual([]);
});

test('the map shows every unit once, in its zone, with state, role and place', async () => {
  await using opened = await openPage(browser, api.url);
  const { page } = opened;
  await isLive(page);
  const ids = await page
    .locator('[data-unit]')
    .evaluateAll((all) => all.map((each) => each.getAttribute('data-unit')));
  expect(ids).toHaveLength(37);
  expect(new Set(ids).size).toBe(37);
  await page.getByText('37 of 37 healthy').waitFor();
  const zone = page.getByRole('region', { name: 'Zone west-2', exact: true });
  await zone.getByRole('button', { name: /PostgreSQL healthy, pg-west-2 sync lag 0 B/ }).waitFor();
  await zone.getByText('50 % of traffic').waitFor();
  await page
    .getByRole('region', { name: 'Region west' })
    .getByRole('button', { name: /gateway-west in west-1/ })
    .waitFor();
  expect(await page.getByRole('banner').innerText()).toMatch(
    /catalog[\s\S]*healthy[\s\S]*west[\s\S]*3f9c2a71be04/,
  );
  expect(await page.title()).toBe('catalog healthy - AlwaysOn');
});

test('a change appears without a reload: a failing unit, a dead zone, a failover step by step', async () => {
  await using opened = await openPage(browser, api.url);
  const { page } = opened;
  await isLive(page);
  api.push(
    'status',
    withUnit(api.status, 'cache-east', {
      state: 'unhealthy',
      process: 'exited',
      restarts: 3,
      reason: 'signal SIGKILL',
    }),
  );
  await eventually(
    () => chip(page, 'cache-east').innerText(),
    expect.stringMatching(/exited[\s\S]*restarted 3 times/),
  );
  await page.getByRole('region', { name: 'Needs attention' }).getByText('signal SIGKILL').waitFor();

  api.push('status', withZoneDead(createStatus()));
  api.push('operation', failover);
  await page.getByRole('region', { name: 'Zone west-1', exact: true }).getByText('zone is down').waitFor();
  await page.getByText('26 of 37 healthy').waitFor();
  await page.getByText('Waiting for pg-west-2 to accept writes').waitFor();
  await eventually(
    () => page.locator('[aria-current=step]').innerText(),
    expect.stringContaining('promote pg-west-2'),
  );

  api.push('operation', { ...failover, state: 'succeeded', endedAt: new Date().toISOString() });
  await page.getByText(/last: Fail the database over to pg-west-2 succeeded/).waitFor();
  expect(await page.title()).toBe('(!) catalog degraded - AlwaysOn');
});

test('killing a zone tells what will happen, asks, posts, and reports', async () => {
  await using opened = await openPage(browser, api.url);
  const { page } = opened;
  await page.getByRole('button', { name: 'Actions for zone west-1' }).click();
  await page.getByRole('menuitem', { name: 'Kill west-1' }).click();
  const dialog = page.getByRole('dialog', { name: 'Kill zone west-1?' });
  await dialog.getByText(/all 9 units of the zone at once/).waitFor();
  await dialog.getByText(/pg-west-2 is promoted/).waitFor();
  expect(api.posted).toEqual([]);
  await dialog.getByRole('button', { name: 'Kill west-1' }).click();
  await page.getByText('Done for west-1.').waitFor();
  await dialog.waitFor({ state: 'detached' });
  expect(api.posted).toEqual(['kill west-1']);

  api.push('status', withZoneDead(createStatus()));
  await page.getByRole('button', { name: 'Revive' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revive west-1' }).click();
  await eventually(() => api.posted, ['kill west-1', 'revive west-1']);
});

test('without the operator session a change is refused with what to do', async () => {
  api.signedIn = false;
  await using opened = await openPage(browser, `${api.url}/?show=pg-west-1`);
  const { page } = opened;
  await page.getByRole('button', { name: 'Kill…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Kill unit pg-west-1?' });
  await dialog.getByRole('button', { name: 'Kill pg-west-1' }).click();
  await eventually(() => dialog.getByRole('alert').innerText(), expect.stringContaining(unauthorizedText));
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(api.posted).toEqual([]);
});

test('the control plane may be killed, and its silence is not taken for a refusal', async () => {
  await using opened = await openPage(browser, `${api.url}/?show=control-plane`);
  const { page } = opened;
  await page.getByRole('button', { name: 'Kill…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Kill control-plane' }).click();
  await page.getByText('The control plane was killed; wait for it here.').waitFor();
  expect(api.posted).toEqual(['kill control-plane']);
});

test('a lost control plane is told with the time of what is shown, and the console comes back by itself', async () => {
  await using opened = await openPage(browser, api.url);
  const { page } = opened;
  await isLive(page);
  await api.stop();
  const banner = page.getByRole('alert');
  await eventually(
    () => banner.innerText(),
    expect.stringMatching(
      /Control plane not reachable - the workload goes on without it; showing the state of \d\d:\d\d:\d\d/,
    ),
  );
  await eventually(() => page.getByRole('main').getAttribute('data-stale'), 'true');
  await eventually(() => page.getByLabel('Overall state').innerText(), 'unknown');

  api.status = { ...api.status, epoch: 7 };
  api.events = createEvents(455);
  await api.start();
  await isLive(page);
  await banner.waitFor({ state: 'detached' });
  expect(await page.getByRole('banner').innerText()).toMatch(/Epoch\s*7/);
  await page.getByText('[455]').waitFor();
  api.push('status', { ...api.status, epoch: 8 });
  await page.getByText('8', { exact: true }).waitFor();
});

test('a control plane that keeps its connections open but says nothing is noticed', async () => {
  await using opened = await openPage(browser, api.url);
  const { page } = opened;
  await page.clock.install();
  await page.reload();
  await isLive(page);
  api.frozen = true;
  await page.clock.fastForward(25_000);
  // The question that nobody answers ends after fifteen seconds of real time.
  await page.getByText('Control plane not reachable').waitFor({ timeout: 15_000 });
});

test('the first page says so when there is no control plane to ask', async () => {
  await using opened = await openPage(browser, api.url);
  const { page } = opened;
  await page.route('**/api/**', (route) => route.abort());
  await page.reload();
  await page.getByText('Control plane not reachable').waitFor();
  await page.getByText('no state received yet').waitFor();
  await page.unroute('**/api/**');
  await page.getByRole('button', { name: 'Try now' }).click();
  await isLive(page);
});

test('events: live, filtered by severity and words, linked, older ones on demand', async () => {
  await using opened = await openPage(browser, `${api.url}/events`);
  const { page } = opened;
  const rows = page.getByRole('list', { name: 'Events, newest first' }).getByRole('listitem');
  await page.getByText('200 events').waitFor();
  expect(await rows.first().innerText()).toContain('[450]');

  await page.getByRole('button', { name: 'Load older events' }).click();
  await page.getByText('400 events').waitFor();
  await page.getByRole('button', { name: 'Load older events' }).click();
  await page.getByText('450 events').waitFor();
  await page.getByText('The history begins here.').waitFor();

  const at = new Date().toISOString();
  api.push('event', {
    seq: 451,
    at,
    severity: 'error',
    type: 'unit.exited',
    entity: 'pg-west-1',
    message: 'Fresh.',
  });
  await eventually(() => rows.first().textContent(), expect.stringContaining('Fresh.'));
  await eventually(() => rows.first().locator('time').getAttribute('title'), expect.stringMatching(/ UTC$/));

  await page.getByText('Errors', { exact: true }).click();
  await page.getByText('113 of 451 events').waitFor();
  await page.getByRole('searchbox', { name: 'Filter by text' }).fill('fresh PG-west-1');
  await page.getByText('1 of 451 events').waitFor();
  await rows.first().getByRole('link', { name: 'pg-west-1' }).click();
  await page.getByRole('dialog', { name: 'unit pg-west-1' }).waitFor();
});

test('everything is within reach of the keyboard, and focus returns', async () => {
  await using opened = await openPage(browser, api.url);
  const { page } = opened;
  await isLive(page);
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').innerText()).toBe('Skip to content');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Cache healthy, cache-west/ }).focus();
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('dialog', { name: 'unit cache-west' });
  await drawer.getByText('127.31.1.2:6380').waitFor();
  await drawer.getByLabel('Log of cache-west').getByText('"line":30').waitFor();
  expect(new URL(page.url()).search).toBe('?show=cache-west');
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  await eventually(() => page.locator(':focus').getAttribute('data-unit'), 'cache-west');
  expect(new URL(page.url()).search).toBe('');
});

test('on a phone nothing is cut off or scrolls sideways, dark or light', async () => {
  api.status = withZoneDead(createStatus());
  api.operations = [failover];
  for (const colorScheme of ['light', 'dark'] as const) {
    await using opened = await openPage(browser, api.url, { viewport: phone, colorScheme });
    const { page } = opened;
    await isLive(page);
    for (const path of ['/', '/events', '/?show=west-1-3f9c2a-worker']) {
      await page.goto(api.url + path);
      await isLive(page);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(phone.width);
    }
    const background = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe(colorScheme === 'light' ? 'rgb(244, 246, 248)' : 'rgb(14, 19, 25)');
  }
});
