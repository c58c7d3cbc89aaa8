import { execFile } from 'node:child_process';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

/** Debian and Fedora install it where a plain user's PATH does not look. */
const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin`;
const timeoutMs = 10_000;

/**
 * `haproxy -c` in the folder it will run in. Throws AON_ROUTES_REFUSED with HAProxy's own words when the file is not
 * valid, AON_PREREQUISITE_MISSING when there is no HAProxy.
 */
export async function checkHaproxyConfig(folder: string, file: string): Promise<void> {
  const { ok, output } = await runHaproxy(['-c', '-f', file], folder);
  if (ok) return;
  const alerts = output.split('\n').filter((line) => line.includes('[ALERT]'));
  const words = alerts.join(' ').slice(0, 2000) || `no verdict within ${timeoutMs} ms`;
  throw new AlwaysOnError('AON_ROUTES_REFUSED', `HAProxy does not accept the configuration: ${words}`);
}

/** Such as `2.6.12`. Throws AON_PREREQUISITE_MISSING when there is none. */
export async function readHaproxyVersion(): Promise<string> {
  const { output } = await runHaproxy(['-v'], '/');
  const version = /version (\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (version === undefined)
    throw new AlwaysOnError('AON_PREREQUISITE_MISSING', 'This is not a HAProxy we know.');
  return version;
}

/** Not execa: its 20 MiB would be the largest part of a gateway agent. */
function runHaproxy(args: string[], cwd: string): Promise<{ ok: boolean; output: string }> {
  const options = {
    cwd,
    env: { ...process.env, PATH: path },
    timeout: timeoutMs,
    maxBuffer: 16 * 1024 * 1024,
  };
  return new Promise((resolve, reject) => {
    execFile('haproxy', args, options, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') {
        reject(
          new AlwaysOnError('AON_PREREQUISITE_MISSING', 'There is no haproxy to run.', { cause: error }),
        );
      } else resolve({ ok: error === null, output: stdout + stderr });
    });
  });
}
