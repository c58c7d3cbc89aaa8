import type { TaskRequestInput } from '@alwayson/protocol/units.ts';

/** Where, beside the data folder, what only this server has is kept; the oldest go first. */
const folder = 'salvage';
const kept = 3;
const segmentBytes = 16n * 1024n * 1024n;

/** Where a new history left an old one. */
export interface Fork {
  timeline: number;
  lsn: string;
}

/**
 * The timelines that a server has left, and where: the text of its `.history` file. Lines are `<timeline> <tab> <where it was left> <tab>
 * <why>`, oldest first.
 */
export function parseHistory(text: string): Fork[] {
  return [...text.matchAll(/^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/gm)].map(([, timeline, lsn = '']) => ({
    timeline: Number(timeline),
    lsn,
  }));
}

/** Where the history of a server left the timeline of another; null when it never was on it. */
export function findFork(history: string, timeline: number): Fork | null {
  return parseHistory(history).find((fork) => fork.timeline === timeline) ?? null;
}

/** The file of the log in which a place of it is. */
export function toSegmentName({ timeline, lsn }: Fork): string {
  const [high = '0', low = '0'] = lsn.split('/');
  const parts = [timeline, Number.parseInt(high, 16), Number(BigInt(`0x${low}`) / segmentBytes)];
  return parts.map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('');
}

/**
 * Copies what a stopped server has beyond the fork, and counts its commits; without any the copy goes. To be run before anything is
 * undone; a repeated run makes the copy anew. `name` is the copy's.
 */
export function renderSalvage(binDir: string, fork: Fork, name: string): TaskRequestInput {
  const first = toSegmentName(fork);
  const script = `
    umask 077; mkdir -p ${folder}; rm -rf ${folder}/${name} ${folder}/${name}.new; mkdir ${folder}/${name}.new
    for file in data/pg_wal/${first.slice(0, 8)}????????????????; do
      [ -e "$file" ] || continue
      segment=\${file##*/}
      if [ "$segment" = ${first} ] || [ "$segment" \\> ${first} ]; then cp "$file" ${folder}/${name}.new/; fi
    done
    mv ${folder}/${name}.new ${folder}/${name}
    commits=0
    if [ -e ${folder}/${name}/${first} ]; then
      commits=$(${binDir}/pg_waldump -p ${folder}/${name} -t ${fork.timeline} -s ${fork.lsn} -r Transaction 2>/dev/null \\
        | grep -c 'desc: COMMIT' || true)
    fi
    echo "commits $commits"
    if [ "$commits" = 0 ]; then rm -rf ${folder}/${name}; exit 0; fi
    ls -1t ${folder} | tail -n +${kept + 1} | while read old; do rm -rf "${folder}/$old"; done`;
  return { command: ['sh', '-ec', script], timeoutMs: 120_000 };
}

/** Understands the output of `renderSalvage`: transactions that were committed there and nowhere else. */
export function parseCommits(output: string): number {
  return Number(/^commits (\d+)$/m.exec(output)?.[1] ?? Number.NaN);
}
