import { createStore } from './store.ts';

/**
 * Whether the shop can be reached at all. Judged by requests that got no answer, not by `navigator.onLine`: a shop on
 * this machine is there without a network, and one lost connection among many good answers is no outage.
 */
export const isReachable = createStore(true);

const lostInARow = 2;
const checkEveryMs = 3_000;
const checkTimeoutMs = 2_500;
let lost = 0;

export function noteAnswered(): void {
  lost = 0;
  isReachable.set(true);
}

export function noteLost(): void {
  lost += 1;
  if (lost >= lostInARow) isReachable.set(false);
}

async function check(): Promise<void> {
  try {
    const signal = AbortSignal.timeout(checkTimeoutMs);
    await fetch('/favicon.svg', { method: 'HEAD', cache: 'no-store', signal });
    noteAnswered();
  } catch {
    lost = lostInARow;
    noteLost();
  }
}

/** Follows the browser's hints and, only while the shop is out of reach, asks for it every 3 s. */
export function watchConnection(onBack: () => void): void {
  let timer: ReturnType<typeof setInterval> | undefined;
  addEventListener('offline', () => void check());
  addEventListener('online', () => void check());
  isReachable.subscribe(() => {
    clearInterval(timer);
    if (isReachable.get()) onBack();
    else timer = setInterval(() => void check(), checkEveryMs);
  });
}
