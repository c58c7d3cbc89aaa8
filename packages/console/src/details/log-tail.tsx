import { useQuery } from '@tanstack/react-query';
import { useLayoutEffect, useRef } from 'react';
import { getUnitLog } from '../api/requests.ts';
import classes from './details.module.css';

const lines = 200;
const readEveryMs = 2_000;

/** The unit's last lines, read again while the drawer is open. Stays at the end unless the reader has scrolled up. */
export function LogTail({ unit }: { unit: string }) {
  const log = useQuery({
    queryKey: ['log', unit],
    queryFn: () => getUnitLog(unit, lines),
    refetchInterval: readEveryMs,
  });
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const element = box.current;
    if (element !== null && atEnd.current) element.scrollTop = element.scrollHeight;
  });
  return (
    <section className={classes.part}>
      <h3>Log, last {lines} lines</h3>
      {log.isError ? <p role="alert">The log cannot be read: {log.error.message}</p> : null}
      <pre
        ref={box}
        className={classes.log}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={`Log of ${unit}`}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
      >
        {log.data ?? (log.isError ? '' : 'Reading…')}
        {log.data === '' ? 'The log is empty.' : null}
      </pre>
    </section>
  );
}
