import type { Status } from '@alwayson/protocol/status.ts';
import type { ReactNode } from 'react';
import { useLive } from '../live/live-provider.tsx';
import type { Connection } from '../live/live-state.ts';
import { StatePill } from '../look/state-pill.tsx';
import classes from './shell.module.css';

export function Header() {
  const { status, connection } = useLive();
  return (
    <header className={classes.header}>
      <title>{toTitle(status, connection)}</title>
      <Brand />
      {status === null ? null : (
        <>
          <h1 className={classes.workload}>
            {status.workload}
            <span className={classes.environment}>
              {status.environment}
              <em data-type={status.type}>{status.type}</em>
            </span>
          </h1>
          <output aria-label="Overall state">
            <StatePill state={connection === 'lost' ? 'unknown' : status.state} large />
          </output>
          <dl className={classes.facts}>
            <Fact name="Writer region">{status.writerRegion}</Fact>
            <Fact name="Epoch">{status.epoch}</Fact>
            <Fact name="Release">
              <span title={status.release}>{status.release.slice(0, 12)}</span>
            </Fact>
            <Fact name="Front door">
              <a href={status.frontDoor} target="_blank" rel="noreferrer">
                {status.frontDoor.replace(/^https?:\/\//, '')}
              </a>
            </Fact>
          </dl>
        </>
      )}
      <span className={classes.connection} data-connection={connection}>
        {connectionTexts[connection]}
      </span>
    </header>
  );
}

const connectionTexts: Record<Connection, string> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Not live',
};

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Brand() {
  return (
    <span className={classes.brand}>
      <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
        <path
          d="M22.6 10.4a9 9 0 1 1-13.2 0"
          fill="none"
          stroke="currentColor"
          strokeWidth="3"
          strokeLinecap="round"
        />
        <path d="M16 6v9" stroke="#5fd6a0" strokeWidth="3" strokeLinecap="round" />
      </svg>
      AlwaysOn
    </span>
  );
}

/** The tab says how it is, also when it is one of twenty. */
function toTitle(status: Status | null, connection: Connection): string {
  if (status === null) return 'AlwaysOn';
  const state = connection === 'lost' ? 'not reachable' : status.state;
  return `${state === 'healthy' ? '' : '(!) '}${status.workload} ${state} - AlwaysOn`;
}
