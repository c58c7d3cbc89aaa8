import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { giveWay } from '@alwayson/engines/process/priority.ts';
import { killMarked } from '@alwayson/engines/process/marked-processes.ts';
import type { PrepareLog } from './prepare-log.ts';

/** Where a command may write beside its own folder. Everything that it starts is found again by its HOME. */
export function toScratch(partial: string): { home: string; temporary: string } {
  return { home: join(partial, 'scratch', 'home'), temporary: join(partial, 'scratch', 'tmp') };
}

/**
 * Of the control plane's own environment: what a command needs to reach the outside, and the mark by which a host ends all of a
 * unit, so that no command outlives us.
 */
const passedOn = ['ALWAYSON_UNIT_KEY', 'LANG', 'TZ', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'];
const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

const outputDeadlineMs = 2000;

export interface IsolatedCommand {
  command: readonly string[];
  cwd: string;
  /** The partial folder of the release. */
  partial: string;
  installDir: string;
  /** On top of the scrubbed environment. */
  environment: Record<string, string>;
  log: PrepareLog;
  deadlineMs: number;
  signal: AbortSignal;
}

/** A command that did not do what it should; the message says how it ended. */
export class CommandFailure extends Error {}

/**
 * Runs a command with an environment, a process group and a deadline of its own. When this returns or throws, nothing that it
 * started is left. Throws CommandFailure, or the signal's reason.
 */
export async function runIsolated(request: IsolatedCommand): Promise<void> {
  const { command, log, signal } = request;
  const startedAt = performance.now();
  log.write(`$ ${command.join(' ')}\n`);
  const fault = await runToItsEnd(request);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  log.write(`(${fault ?? 'done'} after ${seconds} s)\n`);
  signal.throwIfAborted();
  if (fault !== null) throw new CommandFailure(`"${command.join(' ')}" ${fault}`);
}

/** How it failed, or null. */
async function runToItsEnd(request: IsolatedCommand): Promise<string | null> {
  const { partial, log, deadlineMs, signal } = request;
  const child = start(request);
  const stop = new AbortController();
  const stopWith = (reason: string) => stop.abort(reason);
  const timer = setTimeout(stopWith, deadlineMs, `was ended after ${deadlineMs / 1000} s`);
  const onAbort = () => stopWith('was called off');
  signal.addEventListener('abort', onAbort);
  let unwritable: { error: unknown } | undefined;
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk: Uint8Array) => {
      try {
        log.write(chunk);
      } catch (error) {
        unwritable ??= { error };
        stopWith('could not be heard out');
      }
    });
  }
  if (signal.aborted) onAbort();
  const fault = await awaitEnd(child, stop.signal);
  clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
  killGroup(child.pid);
  await killMarked({ variable: 'HOME', value: toScratch(partial).home });
  await awaitOutput(child);
  if (unwritable !== undefined) throw unwritable.error;
  return fault;
}

type Child = ReturnType<typeof start>;

function start({ command, cwd, partial, installDir, environment }: IsolatedCommand) {
  const [program = '', ...args] = command;
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd,
    env: { ...scrubbedEnvironment(partial, installDir), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // What serves users meanwhile comes first.
  if (child.pid !== undefined) giveWay(child.pid);
  return child;
}

/** Its exit, not the end of its output: what it left running may hold that open for ever. */
function awaitEnd(child: Child, stop: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`cannot be run: ${error.message}`));
    child.once('exit', (code, by) => resolve(code === 0 ? null : `ended with ${by ?? `code ${code}`}`));
    const onStop = () => resolve(String(stop.reason));
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted) onStop();
  });
}

/** What it said before it ended is read to the end. */
async function awaitOutput(child: Child): Promise<void> {
  const read = [child.stdout, child.stderr].map((output) => finished(output).catch(() => {}));
  await Promise.race([Promise.all(read), sleep(outputDeadlineMs)]);
  child.stdout.destroy();
  child.stderr.destroy();
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it is gone.
  }
}

function scrubbedEnvironment(partial: string, installDir: string): Record<string, string> {
  const own = [...passedOn, ...proxies].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const path = [join(installDir, 'node_modules', '.bin'), dirname(process.execPath), process.env.PATH ?? ''];
  return {
    LANG: 'C.UTF-8',
    ...Object.fromEntries(own),
    PATH: path.filter(Boolean).join(delimiter),
    HOME: toScratch(partial).home,
    TMPDIR: toScratch(partial).temporary,
    CI: 'true',
  };
}
