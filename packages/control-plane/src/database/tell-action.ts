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
