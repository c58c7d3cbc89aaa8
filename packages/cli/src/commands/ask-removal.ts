import { createInterface } from 'node:readline/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';

/** Before all data goes. Only a person at a terminal is asked; everybody else says --yes. Throws AON_USAGE. */
export async function assertRemovalWanted(
  command: string,
  { stateDir, isSaid }: { stateDir: string; isSaid: boolean },
): Promise<void> {
  if (isSaid) return;
  if (!process.stdin.isTTY)
    throw new AlwaysOnError('AON_USAGE', `${command} removes all data: say so with --yes.`);
  const dialog = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await dialog.question(`Remove all data in ${stateDir}? Type yes: `);
  dialog.close();
  if (answer.trim() !== 'yes') throw new AlwaysOnError('AON_USAGE', 'Nothing was stopped or removed.');
}
