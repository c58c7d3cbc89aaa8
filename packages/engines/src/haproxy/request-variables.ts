/** What the gateway remembers of a request, to log and to answer with it after the request itself is gone. */
export const requestVariables = {
  path: 'txn.path',
  flow: 'txn.flow',
  correlationId: 'txn.cid',
  synthetic: 'txn.synthetic',
} as const;

/** The flow of requests that no flow of the manifest claims; no name of a manifest starts with a line. */
export const unclaimedFlow = '_other';
