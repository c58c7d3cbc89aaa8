import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../support/api-server.ts';
import { openPage, phone, startBrowser } from '../support/browser.ts';
import { createEvents, createStatus } from '../support/estate-fixture.ts';
import { createRollout, deploy, withDeploy } from '../support/rollout-fixture.ts';

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
  api = await startApiServer(folder, { status: createStatus(), events: createEvents(20) });
});

afterEach(async () => {
  await api.stop();
});

test('a release on its way is shown with its part of each region, its holds and its gates, until it has ended', async () => {
  await using opened = await openPage(browser, api.url);
  const { page, faults } = opened;
  await page.getByText('Live', { exact: true }).waitFor();
  expect(api.rolloutReads).toBe(0);

  api.rollout = createRollout();
  api.push('status', withDeploy(api.status));
  api.push('operation', deploy);
  const panel = page.getByRole('region', { name: 'Release on its way' });
  await panel.getByRole('heading', { name: '1.4.0 in place of 1.3.0' }).waitFor();
  await panel.getByText(/bake of traffic step 2 of 3, for \d+ s/).waitFor();
  const parts = panel.getByRole('list', { name: 'Part of the traffic' });
  expect(await parts.getByRole('listitem').allInnerTexts()).toEqual([
    expect.stringMatching(/west\s+25 %/),
    expect.stringMatching(/east\s+25 %/),
  ]);
  await panel.getByText('Gate of traffic step 1: pass, 1 of 1 checks passed').waitFor();

  const text = '4 of 50 requests';
  api.rollout = createRollout({
    state: 'held',
    hold: { reason: 'not-enough-data', since: new Date().toISOString(), text },
    gates: [
      {
        ...createRollout().gates[0]!,
        step: 1,
        verdict: 'not-enough-data',
        checks: [
          { name: 'success', flow: 'list-items', verdict: 'pass', text: '0 of 310 failed' },
          {
            name: 'requests',
            verdict: 'not-enough-data',
            text: '4 of the new release, of 50 that are needed',
          },
        ],
      },
    ],
  });
  await panel.getByText('not enough data: 4 of 50 requests').waitFor();
  await panel.getByText('./alwayson abort brings 1.3.0 back.').waitFor();
  await panel.getByText('requests: 4 of the new release, of 50 that are needed').waitFor();

  api.rollout = createRollout({ phase: 'revert', reason: 'aborted by kim' });
  await panel.getByText('Goes back to 1.3.0: aborted by kim').waitFor();
  await panel.getByText('0 %').first().waitFor();

  api.push('status', withDeploy(api.status, 'rolled-back'));
  await panel.waitFor({ state: 'detached' });
  expect(faults).toEqual([]);
});

test('on a phone it is not cut off', async () => {
  api.rollout = createRollout({ version: 'a-version-with-a-very-long-name-2026.01.07-rc.1' });
  api.status = withDeploy(api.status);
  await using opened = await openPage(browser, api.url, { viewport: phone, colorScheme: 'dark' });
  const { page } = opened;
  await page.getByRole('region', { name: 'Release on its way' }).waitFor();
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(phone.width);
});
