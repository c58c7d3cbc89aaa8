import { errorCatalogue } from '@alwayson/protocol/errors.ts';
import type { RolloutPlan } from '@alwayson/protocol/releases.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderPlan } from '../output/render-plan.ts';

/** The plan, with the command line that runs it; one that would be refused ends as the refusal would. */
export function tellPlan(io: CommandIo, plan: RolloutPlan, args: readonly string[]): void {
  const command = ['./alwayson', ...args].map(quote).join(' ');
  io.result(plan, renderPlan(plan, io.out, command));
  if (plan.refusals.length > 0) process.exitCode = errorCatalogue.AON_RELEASE_UNSUITABLE.exit;
}

/** As a shell takes it. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
