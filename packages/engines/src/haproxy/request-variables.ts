/** What the gateway remembers of a request, to log and to answer with it after the request itself is gone. */
export const requestVariables = {
  path: 'txn.path',
  flow: 'txn.flow',
  component: 'txn.component',
  /** The pool that the flow is sent to, when it is not `live`. */
  pool: 'txn.pool',
  /** Of 100 requests of its flow, so many are refused. */
  refused: 'txn.refused',
  correlationId: 'txn.cid',
  synthetic: 'txn.synthetic',
  /** Set for who shows the probe token: the stamp that is to serve the request, and how the request is marked. */
  trusted: 'txn.trusted',
  chosenStamp: 'txn.stamp',
  mark: 'txn.mark',
  /** The preview token that was shown, what its signature has to be, whether it holds, and the release that it names, if it names one. */
  preview: 'txn.preview',
  previewMac: 'txn.preview_mac',
  previewed: 'txn.previewed',
  previewRelease: 'txn.preview_release',
  /** Seconds since the epoch. */
  now: 'txn.now',
  /** A valid `traceparent`, and whether it was made here. */
  trace: 'txn.trace',
  traceMade: 'txn.made',
} as const;

/** The flow of requests that no flow of the manifest claims; no name of a manifest starts with a line. */
export const unclaimedFlow = '_other';
