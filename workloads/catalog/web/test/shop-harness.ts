import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { createFakeCatalog, type FakeCatalog } from './fake-catalog.ts';

const folder = join(import.meta.dirname, '..');
const address = '127.206.0.1';

/** The real build, in a folder of its own. */
export async function buildShop(): Promise<{ buildDir: string; remove: () => Promise<void> }> {
  const buildDir = await mkdtemp(join(tmpdir(), 'catalog-web-'));
  const env = { ...process.env, NODE_ENV: 'production', ALWAYSON_BUILD_DIR: buildDir };
  await promisify(execFile)(process.execPath, [join(folder, 'build.ts')], { env });
  return { buildDir, remove: () => rm(buildDir, { recursive: true, force: true }) };
}

export interface WebProcess {
  origin: string;
  child: ChildProcess;
  stop: () => Promise<void>;
}

/** The real server process on a free port. */
export async function startWeb(buildDir: string): Promise<WebProcess> {
  const { port, release } = await findFreePort();
  await release();
  const env = {
    ...process.env,
    HOST: address,
    PORT: String(port),
    ALWAYSON_BUILD_DIR: buildDir,
    ALWAYSON_UNIT: 'west-1-3fa91c-web',
    ALWAYSON_REGION: 'west',
  };
  const child = spawn(process.execPath, [join(folder, 'server/main.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const listening = once(child.stdout, 'data');
  await Promise.race([
    listening,
    exited.then(([code]) => {
      throw new Error(`The web server exited with ${code} before it listened.`);
    }),
  ]);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  };
  return { origin: `http://${address}:${port}`, child, stop };
}

async function findFreePort(): Promise<{ port: number; release: () => Promise<void> }> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('No port.');
  return { port: bound.port, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

export interface Shop {
  origin: string;
  fake: FakeCatalog;
  /** A visitor with a browser profile of their own. */
  enter: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  close: () => Promise<void>;
}

/** The built front end behind a fake API, and a browser. */
export async function openShop(): Promise<Shop> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const { buildDir, remove } = await buildShop();
    closers.push(remove);
    const web = await startWeb(buildDir);
    closers.push(web.stop);
    const fake = createFakeCatalog(web.origin);
    closers.push(() => fake.server.close());
    const origin = await fake.server.listen({ host: address, port: 0 });
    const browser = await launchBrowser();
    closers.push(() => browser.close());
    const enter = (options: BrowserContextOptions = {}) =>
      browser.newContext({ baseURL: origin, viewport: { width: 1280, height: 900 }, ...options });
    return { origin, fake, enter, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
