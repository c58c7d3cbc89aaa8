import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { TaskRequestInput } from '@alwayson/protocol/units.ts';
import { memberOf } from './database-plan.ts';
import type { DatabaseRuntime } from './database-runtime.ts';

const outputBytesMax = 1000;

/** Runs a command beside a member, by its host. Returns what it said; throws AON_TASK_FAILED when it failed, and why `signal` ended it. */
export async function runTask(
  runtime: DatabaseRuntime,
  member: string,
  request: TaskRequestInput & { signal?: AbortSignal | undefined },
): Promise<string> {
  const { zone } = memberOf(runtime.plan, member);
  const result = await runtime.context.placement.task(zone, member, request).catch((error: unknown) => {
    throw request.signal?.aborted === true ? request.signal.reason : error;
  });
  if (result.exitCode === 0) return result.stdout;
  const output = `${result.stderr}\n${result.stdout}`.trim().slice(-outputBytesMax);
  throw new AlwaysOnError(
    'AON_TASK_FAILED',
    `A task on ${member} failed (${result.exitCode ?? result.signal}): ${output}`,
  );
}
