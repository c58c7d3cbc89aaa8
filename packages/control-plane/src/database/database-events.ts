import type { DatabaseAction } from '@alwayson/core/database/database-action.ts';
import type { Journal } from '../operations/journal.ts';

/** Writes what is about to be done; looking at things is not news, and a promotion has an operation of its own. */
export function tellAction(journal: Journal, action: DatabaseAction): void {
  const message = describe(action);
  if (message === null) return;
  const severity = action.type === 'fence' ? 'warning' : 'info';
  journal.event({ severity, type: `database.${action.type}`, entity: action.member, message });
}

function describe(action: DatabaseAction): string | null {
  switch (action.type) {
    case 'initialise':
      return `The environment's first database is made on ${action.member}.`;
    case 'start':
      return `${action.member} is started.`;
    case 'bootstrap':
      return `Roles and the application's database are created on ${action.member}.`;
    case 'fence':
      return action.reason === 'stale'
        ? `${action.member} takes writes without being the writer: it is stopped.`
        : `${action.member} does not answer any more: it is stopped.`;
    case 'rejoin':
      return `${action.member} is made to follow the writer again.`;
    case 'inspect':
    case 'probe':
    case 'promote':
    case 'prove':
    case 'slots':
      return null;
  }
}

/** The same failure is told once, then again after this long. */
const repeatFailureMs = 60_000;

/** Writes what went wrong with a member or a door, without filling the history with repetitions. */
export function createFailureTeller(journal: Journal) {
  const told = new Map<string, { message: string; at: number }>();
  return (entity: string, what: string, error: unknown) => {
    const message = `${what} failed: ${error instanceof Error ? error.message : String(error)}`;
    const last = told.get(entity);
    if (last?.message === message && performance.now() - last.at < repeatFailureMs) return;
    told.set(entity, { message, at: performance.now() });
    journal.event({ severity: 'warning', type: 'database.action-failed', entity, message });
  };
}
