import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { PreparedWrite } from './queue-write.ts';

export type WriteStatus = 'accepted' | 'repeated' | 'conflict' | 'full';

/** A write that this region did not confirm. */
export class LaneFailure extends Error {
  /** True when the write may be in the region's queue all the same. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.sent = sent;
  }
}

/** A write on its way through one region, settled once. */
export interface Submission {
  write: PreparedWrite;
  sent: boolean;
  settled: boolean;
  resolve(status: WriteStatus): void;
  reject(failure: LaneFailure): void;
}

interface SubmissionOptions {
  timeoutMs: number;
  resolve(status: WriteStatus): void;
  reject(failure: LaneFailure): void;
}

export function createSubmission(
  write: PreparedWrite,
  { timeoutMs, resolve, reject }: SubmissionOptions,
): Submission {
  const settle = () => {
    clearTimeout(timer);
    submission.settled = true;
  };
  const submission: Submission = {
    write,
    sent: false,
    settled: false,
    resolve(status) {
      settle();
      resolve(status);
    },
    reject(failure) {
      settle();
      reject(failure);
    },
  };
  const timer = setTimeout(() => {
    submission.reject(new LaneFailure(`Not confirmed in ${timeoutMs} ms.`, submission.sent));
  }, timeoutMs);
  return submission;
}

/** What the caller of a failed write is told. */
export function toWriteError(region: string, failure: LaneFailure): AlwaysOnError {
  const code = failure.sent ? 'AON_COPY_MISSING' : 'AON_QUEUE';
  return new AlwaysOnError(code, `The queue of ${region} did not confirm the write: ${failure.message}`, {
    cause: failure,
  });
}
