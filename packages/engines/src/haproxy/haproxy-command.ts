import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { execa } from 'execa';

/** Debian and Fedora install it where a plain user's PATH does not look. */
const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin`;
const timeoutMs = 10_000;

/**
 * `haproxy -c` in the folder it will run in. Throws AON_ROUTES_REFUSED with HAProxy's own words when the file is not
 * valid, AON_PREREQUISITE_MISSING when there is no HAProxy.
 */
export async function checkHaproxyConfig(folder: string, file: string): Promise<void> {
  const result = await execa('haproxy', ['-c', '-f', file], {
    cwd: folder,
    env: { PATH: path },
    reject: false,
    timeout: timeoutMs,
    all: true,
  });
  if (result.exitCode === 0) return;
  if (result.exitCode === undefined && !result.timedOut) throw missing(result.cause);
  const alerts = result.all.split('\n').filter((line) => line.includes('[ALERT]'));
  const words = result.timedOut ? `no answer within ${timeoutMs} ms` : alerts.join(' ').slice(0, 2000);
  throw new AlwaysOnError('AON_ROUTES_REFUSED', `HAProxy does not accept the configuration: ${words}`);
}

/** Such as `2.6.12`. Throws AON_PREREQUISITE_MISSING when there is none. */
export async function readHaproxyVersion(): Promise<string> {
  const result = await execa('haproxy', ['-v'], { env: { PATH: path }, reject: false, timeout: timeoutMs });
  const version = /version (\d+\.\d+\.\d+)/.exec(result.stdout ?? '')?.[1];
  if (version === undefined) throw missing(result.cause);
  return version;
}

function missing(cause: unknown): AlwaysOnError {
  return new AlwaysOnError('AON_PREREQUISITE_MISSING', 'HAProxy could not be started.', { cause });
}
