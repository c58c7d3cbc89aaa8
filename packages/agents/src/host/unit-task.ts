import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { goBeside, goLast } from '@alwayson/engines/process/priority.ts';
import { killMarked, type ProcessMark } from '@alwayson/engines/process/marked-processes.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { TaskRequest, TaskResult, UnitSpec } from '@alwayson/protocol/units.ts';
import { baseEnvironment, type HostConfig, taskMark } from './host-config.ts';
import { makeUnitFolder } from './unit-files.ts';
import { unitFolder } from './unit-process.ts';
import { foldAll, foldPlaceholders } from './unit-spec.ts';

const outputBytesMax = 64 * 1024;
const tasksMax = 32;
/** How long the outputs of an ended task may still be held open by something it started. */
const drainMs = 500;

let running = 0;
let sequence = 0;

/**
 * Runs a one-shot command in the folder and as the user of a unit. Tasks run beside each other and beside the unit; their
 * caller orders them. When the caller is `gone` or the time is over, the task and all it started are killed. Throws
 * AON_TASK_FAILED when it cannot be run, AON_TIMEOUT; an exit status other than 0 is a result like any other.
 */
export async function runTask(
  config: HostConfig,
  spec: UnitSpec,
  request: TaskRequest & { gone: AbortSignal },
): Promise<TaskResult> {
  if (running >= tasksMax) {
    throw new AlwaysOnError('AON_TASK_FAILED', `${tasksMax} tasks run in this zone already.`);
  }
  running += 1;
  sequence += 1;
  const mark = taskMark(config.environment, config.zone.name, `${spec.id}/${process.pid}-${sequence}`);
  try {
    return await awaitTask(await startTask(config, spec, { request, mark }), { request, mark });
  } finally {
    running -= 1;
    await killMarked(mark);
    await rm(heldFile(mark), { force: true });
  }
}

interface MarkedTask {
  request: TaskRequest & { gone: AbortSignal };
  mark: ProcessMark & { holds: string };
}

/** An empty file that the task and all it starts have open: a single-user PostgreSQL, as pg_rewind runs it, has no other mark. */
function heldFile(mark: MarkedTask['mark']): string {
  return `${mark.holds}held`;
}

function openHeld(mark: MarkedTask['mark']): number | undefined {
  try {
    return openSync(heldFile(mark), 'w');
  } catch {
    return undefined; // a full disk must not keep a task from repairing things
  }
}

async function startTask(config: HostConfig, spec: UnitSpec, { request, mark }: MarkedTask) {
  const folder = await unitFolder(config, spec);
  await makeUnitFolder(folder);
  const { dir, owner } = folder;
  const [program = '', ...args] = request.command.map((word) => foldPlaceholders(word, dir));
  const held = openHeld(mark);
  try {
    const child = spawn(program, args, {
      cwd: dir,
      env: { ...baseEnvironment(owner?.home), ...foldAll(request.env, dir), [mark.variable]: mark.value },
      stdio: ['pipe', 'pipe', 'pipe', held ?? 'ignore'],
      ...(owner === undefined ? {} : { uid: owner.uid, gid: owner.gid }),
    });
    const failed = new Promise<Error>((resolve) => child.once('error', resolve));
    if (child.pid === undefined) {
      const cause = await failed;
      throw new AlwaysOnError('AON_TASK_FAILED', `${program} cannot be run: ${cause.message}.`, { cause });
    }
    (request.gentle ? goLast : goBeside)(child.pid);
    return child;
  } finally {
    if (held !== undefined) closeSync(held);
  }
}

async function awaitTask(child: ChildProcess, { request, mark }: MarkedTask): Promise<TaskResult> {
  const startedAt = performance.now();
  const [stdout, stderr] = [keepTail(child.stdout), keepTail(child.stderr)];
  const exited = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.stdin?.on('error', () => {}); // it need not read what it is given
  child.stdin?.end(request.stdin ?? '');

  const late = AbortSignal.timeout(request.timeoutMs);
  const ends = AbortSignal.any([late, request.gone]);
  const end = () => void killMarked(mark).catch(() => {});
  ends.addEventListener('abort', end);
  if (ends.aborted) end();
  const { exitCode, signal } = await exited;
  ends.removeEventListener('abort', end);
  await Promise.race([closed, sleep(drainMs, undefined, { ref: false })]);
  if (late.aborted) {
    const said = stderr().trim().split('\n').at(-1) ?? '';
    const message = `${request.command[0]} was still running after ${request.timeoutMs} ms and was killed. ${said}`;
    throw new AlwaysOnError('AON_TIMEOUT', message.trim());
  }
  return { exitCode, signal, stdout: stdout(), stderr: stderr(), durationMs: performance.now() - startedAt };
}

/** Collects the last 64 KiB of a stream. */
function keepTail(stream: NodeJS.ReadableStream | null): () => string {
  let chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= 2 * outputBytesMax) return;
    chunks = [Buffer.concat(chunks).subarray(-outputBytesMax)];
    bytes = outputBytesMax;
  });
  return () => Buffer.concat(chunks).subarray(-outputBytesMax).toString('utf8');
}
