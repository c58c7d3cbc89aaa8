import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { eventually } from './support/eventually.ts';

const program = fileURLToPath(new URL('support/slow-component.ts', import.meta.url));
const host = '127.205.3.2';
const port = 8181;
const url = `http://${host}:${port}`;
const started: Run[] = [];

interface Run {
  child: ChildProcess;
  output: { stdout: string; stderr: string };
  exit: Promise<number | null>;
}

function start(variables: Record<string, string> = {}): Run {
  const env = { ...process.env, HOST: host, PORT: String(port), ...variables };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const run = { child, output, exit };
  started.push(run);
  return run;
}

afterEach(async () => {
  for (const { child, exit } of started.splice(0)) {
    child.kill('SIGKILL');
    await exit;
  }
});

test('SIGTERM: not ready first, what is in flight is answered, then the process ends with 0', async () => {
  const { child, output, exit } = start();
  await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok);
  const slow = fetch(`${url}/slow`);
  await eventually('the request is on its way', async () => (await fetch(`${url}/livez`)).ok);
  child.kill('SIGTERM');
  await eventually('it says that it is not ready', async () => (await fetch(`${url}/readyz`)).status === 503);
  expect(await (await slow).json()).toEqual({ done: true });
  expect(await exit).toBe(0);
  const events = output.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: string }).event);
  expect(events).toEqual(['listening', 'stopping', 'closed', 'stopped']);
});

test('what was compiled is kept once it is ready: who is killed starts again without compiling anything', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aon-compiled-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { child, exit } = start({ NODE_COMPILE_CACHE: folder });
  await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok);
  const kept = () => readdirSync(folder, { recursive: true }).length;
  await eventually('it is kept', () => kept() > 100);
  const before = kept();
  child.kill('SIGKILL');
  await exit;
  start({ NODE_COMPILE_CACHE: folder });
  await eventually('it is ready again', async () => (await fetch(`${url}/readyz`)).ok);
  expect(kept()).toBe(before);
});

test('a bad configuration ends it with a plain message', async () => {
  const { output, exit } = start({ PORT: 'eighty' });
  expect(await exit).toBe(1);
  expect(output.stderr).toContain('AON_USAGE: PORT is "eighty"');
  expect(output.stderr).not.toContain('at ');
});
