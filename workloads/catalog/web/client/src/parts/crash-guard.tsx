import { Component, type ReactNode } from 'react';

/** The last net: a fault of the page itself shows a way on instead of a blank window. */
export class CrashGuard extends Component<{ children: ReactNode }, { hasCrashed: boolean }> {
  override state = { hasCrashed: false };

  static getDerivedStateFromError() {
    return { hasCrashed: true };
  }

  override render() {
    if (!this.state.hasCrashed) return this.props.children;
    return (
      <main className="page message-page">
        <h1>Something fell off the shelf</h1>
        <p>
          This page ran into a fault of its own. Loading it again usually helps; nothing you sent is lost.
        </p>
        <button type="button" className="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </main>
    );
  }
}
