import { errorCatalogue } from '@alwayson/protocol/errors.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { type FailoverRequest, RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { awaitOperation } from '../client/await-operation.ts';
import { toOperationError } from '../client/operation-error.ts';
import { askControlPlane } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderRecoveryReport } from '../output/render-recovery.ts';

/** Everything in it has a shorter limit of its own. */
const deadlineMs = 300_000;

/** Begins a change of the region that writes, follows it to its end, and prints its report. The exit code is not 0 when it was undone. */
export async function followRecovery(io: CommandIo, request: FailoverRequest): Promise<void> {
  const ended = await askControlPlane(io.env, async (client) => {
    const begun = await client.failover(request);
    io.note(`${begun.title} (${begun.id})`);
    return awaitOperation(client, begun, { deadlineMs, tell: (text) => io.note(`  ${text}`) });
  });
  tellEnd(io, ended);
}

function tellEnd(io: CommandIo, ended: Operation): void {
  const { result, state, error } = ended;
  const report = RecoveryReport.safeParse(result);
  if (!report.success) throw toOperationError(ended);
  io.result(report.data, renderRecoveryReport(report.data, io.out));
  if (state === 'succeeded') return;
  process.exitCode = errorCatalogue.AON_SWITCH_UNDONE.exit;
  if (error !== undefined) io.note(`${error.code}: ${error.message}`);
}
