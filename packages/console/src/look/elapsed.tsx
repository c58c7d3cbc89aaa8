import { useEffect, useState } from 'react';

/** How long ago that was, counting on. */
export function Elapsed({ since }: { since: string }) {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(since)) / 1000));
  return <>{seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`}</>;
}
