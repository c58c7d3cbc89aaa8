import type { SqlClient } from '../postgres/sql-client.ts';

type Console = Pick<SqlClient, 'query'>;

/**
 * Makes writes wait at this door. Returns when the transactions that were under way have ended and no server connection is in use; a
 * client that waits longer than `query_wait_timeout` gets an error. The console's connection is busy meanwhile: use one of its own.
 */
export async function holdWrites(console: Console): Promise<void> {
  await console.query('PAUSE write');
}

/** Lets them go on. Nothing happens when they are not held. */
export async function letWritesGo(console: Console): Promise<void> {
  await console.query('RESUME write').catch((error: unknown) => {
    if (!(error instanceof Error && /not paused/.test(error.message))) throw error;
  });
}
