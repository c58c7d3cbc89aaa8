import { setTimeout as sleep } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

const pollMs = 10;

/** Throws AON_DATABASE, naming what was waited for, when it does not come about in time. */
export async function waitUntil(
  what: string,
  withinMs: number,
  isTrue: () => boolean | Promise<boolean>,
): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > giveUpAt)
      throw new AlwaysOnError('AON_DATABASE', `Waited ${withinMs} ms in vain for ${what}.`);
    await sleep(pollMs);
  }
}
