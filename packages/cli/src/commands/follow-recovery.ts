import { errorCatalogue } from '@alwayson/protocol/errors.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import { awaitOperation } from '../client/await-operation.ts';
import type { ControlPlaneClient } from '../client/control-plane-client.ts';
import { toOperationError } from '../client/operation-error.ts';
import { askControlPlane } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderRecoveryReport } from '../output/render-recovery.ts';

/** Of a switch: everything in it has a shorter limit of its own. */
export const switchDeadlineMs = 300_000;

/** Begins a change of who writes, follows it to its end, and prints its report. The exit code is not 0 when it was undone. */
export async function followRecovery(
  io: CommandIo,
  begin: (client: ControlPlaneClient) => Promise<Operation>,
  deadlineMs: number,
): Promise<void> {
  const ended = await askControlPlane(io.env, async (client) => {
    const begun = await begin(client);
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
