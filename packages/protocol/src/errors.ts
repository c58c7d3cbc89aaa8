import type { Problem } from './problem.ts';

/**
 * The error catalogue. Every code is documented in docs/reference/errors.md, and a test compares both ways.
 * `status` is used at an HTTP edge, `exit` at the CLI (0 done, 1 failed, 2 wrong usage or manifest, 3 refused by a
 * guard, 4 nothing is running).
 */
export const errorCatalogue = {
  AON_MANIFEST_INVALID: {
    status: 422,
    exit: 2,
    hint: 'Correct the fields named above and run the command again.',
  },
  AON_MANIFEST_MISSING: {
    status: 404,
    exit: 2,
    hint: 'Create alwayson.config.ts here, or name one with --config FILE.',
  },
  AON_USAGE: { status: 400, exit: 2, hint: 'See the command with --help.' },
  AON_PREREQUISITE_MISSING: {
    status: 424,
    exit: 1,
    hint: 'Run ./alwayson doctor: it names what is missing and how to install it.',
  },
  AON_PORT_TAKEN: {
    status: 409,
    exit: 1,
    hint: 'Stop what listens there, or choose another port (--port, --console-port).',
  },
  AON_DISK_FULL: {
    status: 507,
    exit: 1,
    hint: 'Free space on the disk of the state folder, then run the command again.',
  },
  AON_STATE_FOLDER: {
    status: 500,
    exit: 1,
    hint: 'Check the folder named above, or choose another with ALWAYSON_HOME.',
  },
  AON_STATE_CORRUPT: {
    status: 500,
    exit: 1,
    hint: 'The damaged file was set aside with the ending .corrupt; see docs/runbooks/corrupt-state.md.',
  },
  AON_ALREADY_RUNNING: { status: 409, exit: 3, hint: 'Use ./alwayson status; stop it with ./alwayson down.' },
  AON_NOT_RUNNING: { status: 503, exit: 4, hint: 'Start it with npm start or ./alwayson up --detach.' },
  AON_STARTING: {
    status: 503,
    exit: 1,
    hint: 'The control plane has just started: ask again in some seconds.',
  },
  AON_UNREACHABLE: {
    status: 503,
    exit: 1,
    hint: 'The process may be restarting: try again in a few seconds, then see ./alwayson status.',
  },
  AON_TIMEOUT: {
    status: 504,
    exit: 1,
    hint: 'See ./alwayson events and the log of the unit that is waited for.',
  },
  AON_UNAUTHORIZED: {
    status: 401,
    exit: 3,
    hint: 'Send the operator token of this environment (environment.json).',
  },
  AON_NOT_FOUND: { status: 404, exit: 2, hint: 'See ./alwayson status for the names that exist.' },
  AON_CAPACITY: {
    status: 409,
    exit: 3,
    hint: 'Put others back first (./alwayson switches), or repeat it with --override if the reason is worth it.',
  },
  AON_GENERATION_OLD: { status: 409, exit: 3, hint: 'A newer record is in force; read it and decide again.' },
  AON_ROUTES_REFUSED: { status: 422, exit: 3, hint: 'The gateway keeps what it runs; see the reason above.' },
  AON_UNIT_START_FAILED: { status: 500, exit: 1, hint: 'See ./alwayson logs UNIT.' },
  AON_TASK_FAILED: { status: 500, exit: 1, hint: 'See the output above and ./alwayson events.' },
  AON_BUILD_FAILED: {
    status: 500,
    exit: 1,
    hint: 'Run the build command above by hand in its folder to see all of its output.',
  },
  AON_RELEASE_BROKEN: {
    status: 422,
    exit: 1,
    hint: 'Nothing that runs was touched. Correct what the log above says and deploy again.',
  },
  AON_RELEASE_UNSUITABLE: {
    status: 422,
    exit: 3,
    hint: 'See the plan with ./alwayson deploy PATH --plan: it names every reason.',
  },
  AON_ROLLOUT_RUNNING: {
    status: 409,
    exit: 3,
    hint: 'See ./alwayson releases; wait for it, or end it with ./alwayson abort.',
  },
  AON_ROLLOUT_NONE: { status: 409, exit: 3, hint: 'See ./alwayson releases for what is live.' },
  AON_ROLLOUT_UNDONE: {
    status: 409,
    exit: 1,
    hint: 'The release before serves as it did. See ./alwayson releases show for the gate that failed.',
  },
  AON_PLAN_CHANGED: {
    status: 409,
    exit: 3,
    hint: 'Make a new plan with ./alwayson deploy PATH --plan and read it.',
  },
  AON_BUDGET_SPENT: {
    status: 409,
    exit: 3,
    hint: 'See ./alwayson slo. If this release is the repair, repeat it with --override.',
  },
  AON_SCHEMA_UNSAFE: {
    status: 422,
    exit: 3,
    hint: 'Name a migration that removes or narrows something NNN_contract_words.sql: it then waits until nothing needs it.',
  },
  AON_DATABASE: {
    status: 503,
    exit: 1,
    hint: 'See ./alwayson status: which member is the writer, and is it healthy?',
  },
  AON_OPERATION_RUNNING: {
    status: 409,
    exit: 3,
    hint: 'See ./alwayson ops; wait for it to end.',
  },
  AON_NOT_READY: {
    status: 409,
    exit: 3,
    hint: 'See ./alwayson failover REGION --plan: it names every check and what to do.',
  },
  AON_SWITCH_UNDONE: {
    status: 409,
    exit: 1,
    hint: 'Writes go on where they were, and nothing was lost. See ./alwayson ops show for the step that failed.',
  },
  AON_QUEUE: { status: 503, exit: 1, hint: 'See ./alwayson status: the queue and its copy.' },
  AON_COPY_MISSING: {
    status: 503,
    exit: 1,
    hint: 'The write was not confirmed by a second copy in time; send it again with the same Idempotency-Key.',
  },
  AON_MIGRATION_CHANGED: {
    status: 500,
    exit: 1,
    hint: 'A migration that has run was edited: restore the file and add a new one.',
  },
  AON_DRILL_FAILED: {
    status: 409,
    exit: 1,
    hint: 'Nothing happened to the environment itself. See ./alwayson drill; with --keep the copy stays to be looked at.',
  },
  AON_PROTECTED: {
    status: 409,
    exit: 3,
    hint: 'Only ./alwayson env set-type NAME sandbox takes the protection off.',
  },
  AON_CANCELLED: {
    status: 409,
    exit: 1,
    hint: 'It ended before anything was decided: all is as it was. Order it again when it is wanted.',
  },
  AON_TOO_LATE: {
    status: 409,
    exit: 3,
    hint: 'See ./alwayson ops show ID for where it stands, and how it ended.',
  },
  AON_INTERRUPTED: {
    status: 409,
    exit: 1,
    hint: 'Nothing to do: see ./alwayson status for where it stands now.',
  },
  AON_REQUEST_INVALID: { status: 400, exit: 1, hint: 'Correct the request; sent as it is, it fails again.' },
  AON_FORBIDDEN: { status: 403, exit: 3, hint: 'Send a valid key of this environment in X-API-KEY.' },
  AON_NO_ROUTE: { status: 404, exit: 1, hint: 'Check the path against the routes of the components.' },
  AON_REQUEST_SLOW: {
    status: 408,
    exit: 1,
    hint: 'Send the request again, its whole head and body within 5 s.',
  },
  AON_REQUEST_TOO_LARGE: {
    status: 413,
    exit: 1,
    hint: 'Send less at once, and declare it with Content-Length.',
  },
  AON_RATE_LIMITED: { status: 429, exit: 1, hint: 'Wait as long as Retry-After says and send less often.' },
  AON_STAMP_ANSWER: {
    status: 502,
    exit: 1,
    hint: 'Send the request again; give writes an Idempotency-Key and the gateway does it for you.',
  },
  AON_NO_STAMP: {
    status: 503,
    exit: 1,
    hint: 'Wait as long as Retry-After says and send the request again.',
  },
  AON_OVERLOADED: {
    status: 503,
    exit: 1,
    hint: 'Wait as long as Retry-After says: requests of this kind are refused until there is capacity again.',
  },
  AON_STAMP_SLOW: {
    status: 504,
    exit: 1,
    hint: 'It may still take effect: read before you send it again, or send it with the same Idempotency-Key.',
  },
  AON_INTERNAL: {
    status: 500,
    exit: 1,
    hint: 'This is a fault of AlwaysOn: please report it with the events around it.',
  },
} as const satisfies Record<string, { status: number; exit: 0 | 1 | 2 | 3 | 4; hint: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

export interface ErrorDetails {
  cause?: unknown;
  /** Replaces the catalogue's hint where the raiser knows better. */
  hint?: string;
}

const brand = Symbol.for('alwayson.error');

/** An expected failure, with a code that is documented and stable. A broken invariant is an assert instead. */
export class AlwaysOnError extends Error {
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'AlwaysOnError';
    this.code = code;
    this.hint = details.hint ?? errorCatalogue[code].hint;
  }
}

/** True also for errors that were made by another copy of this module. */
export function isAlwaysOnError(error: unknown): error is AlwaysOnError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** Anything thrown, as problem details; unknown errors become AON_INTERNAL without their inner text. */
export function toProblem(error: unknown, correlationId?: string): Problem {
  const known = isAlwaysOnError(error) ? error : undefined;
  const code: ErrorCode = known?.code ?? 'AON_INTERNAL';
  return {
    type: `https://alwayson.dev/errors/${code}`,
    title: code,
    status: errorCatalogue[code].status,
    code,
    detail: known?.message ?? 'An unexpected error happened.',
    hint: known?.hint ?? errorCatalogue[code].hint,
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

/** The error that a problem document stands for, so that a code survives the wire. */
export function fromProblem(problem: Problem): AlwaysOnError {
  const code = problem.code in errorCatalogue ? (problem.code as ErrorCode) : 'AON_INTERNAL';
  return new AlwaysOnError(code, problem.detail ?? problem.title, problem.hint ? { hint: problem.hint } : {});
}
