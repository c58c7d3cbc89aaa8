interface ServingStamp {
  id: string;
  /** How its agent answers; 503 and `refused` also take it out of HAProxy. */
  contact: 200 | 503 | 'refused' | 'silent';
  isGone: boolean;
}

/** What a gateway says of the stamp. */
export function toServer(stamp: ServingStamp) {
  const checkStatus =
    stamp.contact === 200
      ? 'L7OK'
      : stamp.contact === 503
        ? 'L7STS'
        : stamp.contact === 'silent'
          ? 'L7TOUT'
          : 'L4CON';
  const isUp = stamp.contact === 200 && !stamp.isGone;
  const state = isUp ? ('up' as const) : ('down' as const);
  const errors = { connect: 0, response: 0, status5xx: 0, retries: 0, redispatches: 0 };
  const times = { queued: 0, queueMs: 0, connectMs: 0, responseMs: 0 };
  const rest = { weight: 1, sessions: 0, requests: 0, errors, ...times, checkDetail: '' };
  return { component: 'api', stamp: stamp.id, state, checkStatus, ...rest };
}
