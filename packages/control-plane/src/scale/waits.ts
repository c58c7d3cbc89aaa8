import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

interface Wait {
  /** What is waited for, in words; null when it has come. */
  rest(): string | null;
  giveUpAt: number;
  tell(waitingFor: string): void;
  resolve(): void;
  reject(error: unknown): void;
  told: string;
}

export interface WaitOptions {
  rest(): string | null;
  withinMs: number;
  tell(waitingFor: string): void;
}

/** Facts that operations wait for, looked at once a tick. What still waits when the process ends is ended by the next start. */
export function createWaits(now: () => number) {
  const waits = new Set<Wait>();
  return {
    /** Throws AON_TIMEOUT; what was waited for may still come. */
    until({ rest, withinMs, tell }: WaitOptions): Promise<void> {
      return new Promise<void>((resolve, reject) => {
        waits.add({ rest, giveUpAt: now() + withinMs, tell, resolve, reject, told: '' });
      });
    },
    check(): void {
      for (const wait of waits) {
        const rest = wait.rest();
        const isLate = rest !== null && now() >= wait.giveUpAt;
        if (rest !== null && rest !== wait.told) wait.tell(rest);
        wait.told = rest ?? '';
        if (rest !== null && !isLate) continue;
        waits.delete(wait);
        if (rest === null) wait.resolve();
        else
          wait.reject(new AlwaysOnError('AON_TIMEOUT', `Still waiting for ${rest}. It goes on being tried.`));
      }
    },
  };
}
