import { Component, type ReactNode } from 'react';
import classes from './shell.module.css';

/** A fault of the console itself is told, never shown as an empty page. */
export class FaultBoundary extends Component<{ children: ReactNode }, { fault: Error | null }> {
  override state: { fault: Error | null } = { fault: null };

  static getDerivedStateFromError(fault: Error) {
    return { fault };
  }

  override render() {
    const { fault } = this.state;
    if (fault === null) return this.props.children;
    return (
      <div className={classes.fault} role="alert">
        <h1>The console has a fault</h1>
        <p>The workload is not touched by it. Until it is repaired, use ./alwayson status.</p>
        <pre>{fault.stack ?? fault.message}</pre>
        <button type="button" onClick={() => location.reload()}>
          Reload
        </button>
      </div>
    );
  }
}
