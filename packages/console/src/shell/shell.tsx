import type { ReactNode } from 'react';
import { useLive } from '../live/live-provider.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { Header } from './header.tsx';
import { Navigation } from './navigation.tsx';
import { PhaseStrip } from './phase-strip.tsx';
import classes from './shell.module.css';

/** What every page stands in: who and how it is (header), where to go (navigation), whether it is true now (banner). */
export function Shell({ children }: { children: ReactNode }) {
  const { connection, status } = useLive();
  return (
    <>
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <div className={classes.top}>
        <Header />
        <Navigation />
        <ConnectionBanner />
      </div>
      <main
        id="content"
        tabIndex={-1}
        className={classes.main}
        data-stale={connection === 'lost' || undefined}
      >
        {status === null ? <Waiting /> : <PhaseStrip status={status} />}
        {status === null ? null : children}
      </main>
    </>
  );
}

function Waiting() {
  const { connection } = useLive();
  if (connection === 'lost') return null;
  return <output className={classes.waiting}>Reading the state of the environment…</output>;
}
