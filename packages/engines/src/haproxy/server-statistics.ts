export interface HaproxyServer {
  backend: string;
  name: string;
  /** HAProxy's own words: `UP`, `UP 1/2`, `DOWN`, `MAINT`, `no check`, ... */
  status: string;
  /** As it was set, not what is left of it while the server is down. */
  weight: number;
  sessions: number;
  /** Counters since HAProxy read its file. */
  requests: number;
  connectErrors: number;
  responseErrors: number;
  status5xx: number;
  retries: number;
  redispatches: number;
  queued: number;
  /** Averages of the last 1024 requests, in ms. */
  queueMs: number;
  connectMs: number;
  responseMs: number;
  /** Such as `L7OK`; empty without a check of its own. */
  checkStatus: string;
  checkDetail: string;
}

/** The servers of HAProxy's statistics, `show stat` (CSV with its head). */
export function parseServers(csv: string): HaproxyServer[] {
  const [head = '', ...rows] = csv.split('\n').filter((line) => line.trim() !== '');
  const columns = new Map(
    head
      .replace(/^# /, '')
      .split(',')
      .map((name, index) => [name, index] as const),
  );
  return rows.map((row) => {
    const cells = toCells(row);
    const cell = (name: string) => cells[columns.get(name) ?? -1] ?? '';
    const number = (name: string) => Number(cell(name));
    return {
      backend: cell('pxname'),
      name: cell('svname'),
      status: cell('status'),
      weight: number('uweight'),
      sessions: number('scur'),
      requests: number('stot'),
      connectErrors: number('econ'),
      responseErrors: number('eresp'),
      status5xx: number('hrsp_5xx'),
      retries: number('wretr'),
      redispatches: number('wredis'),
      queued: number('qcur'),
      queueMs: number('qtime'),
      connectMs: number('ctime'),
      responseMs: number('rtime'),
      // While a check runs, what the last one said is marked.
      checkStatus: cell('check_status').replace(/^\* /, ''),
      checkDetail: [cell('check_desc'), cell('last_chk')].filter((text) => text !== '').join(': '),
    };
  });
}

/** Only the sentences of checks are ever quoted. */
function toCells(row: string): string[] {
  if (!row.includes('"')) return row.split(',');
  return [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
