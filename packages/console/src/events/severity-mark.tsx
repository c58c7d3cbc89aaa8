import type { Event } from '@alwayson/protocol/operations.ts';
import classes from './events.module.css';

type Severity = Event['severity'];

const signs: Record<Severity, string> = { info: 'i', warning: '!', error: '✕' };

export function SeverityMark({ severity, withWord = false }: { severity: Severity; withWord?: boolean }) {
  return (
    <span className={classes.severity} data-severity={severity}>
      <span
        className={classes.sign}
        aria-hidden={withWord || undefined}
        role={withWord ? undefined : 'img'}
        aria-label={withWord ? undefined : severity}
      >
        {signs[severity]}
      </span>
      {withWord ? severity : null}
    </span>
  );
}
