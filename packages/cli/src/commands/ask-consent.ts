import { createInterface } from 'node:readline/promises';
import type { RecoveryPlan } from '@alwayson/protocol/recovery.ts';
import type { CommandIo } from '../output/command-io.ts';
import { renderRecoveryPlan } from '../output/render-recovery.ts';

/** Shows what it would cost, and whether the word was typed; never without a terminal. */
export async function askConsent(io: CommandIo, plan: RecoveryPlan, word: string): Promise<boolean> {
  io.note(renderRecoveryPlan(plan, io.out));
  if (!plan.isReady || !process.stdin.isTTY) return false;
  const what = plan.mode === 'restore' ? 'undo what was written since' : `give ${plan.from} up`;
  const dialog = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await dialog.question(`\nType ${word} to ${what}: `)).trim() === word;
  } finally {
    dialog.close();
  }
}
