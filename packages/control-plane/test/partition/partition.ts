import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf } from '../database/child-processes.ts';

/** The regions by name, and everybody who is in none of them: the witness with its control plane, and this test. */
export type Site = 'west' | 'east' | 'witness';

/** Connections are marked with the site of who opened them, for what comes back tells only who answers. */
const marks: Record<Site, number> = { west: 1, east: 2, witness: 4 };
const classes = { west: 0x1_0001, east: 0x1_0002 } as const;
const table = 'inet alwayson_partition';

/**
 * Cuts sites off from each other while all of their processes live, as a broken line between two buildings does: packets are dropped, nothing
 * is refused. Sites share one machine and its loopback, so processes are told apart by control group (net_cls) and by nftables, in a network
 * namespace of this test's own: `npm run e2e:partition`.
 */
export class Partition {
  readonly #groups = mkdtempSync(join(tmpdir(), 'aon-net-cls-'));

  /** `addresses`: of each site. Throws, with what to do, where this cannot be done. */
  static open(addresses: Record<Site, readonly string[]>): Partition {
    assertOwnNamespace();
    const partition = new Partition();
    partition.#mount();
    const sets = Object.entries(addresses).map(
      ([site, of]) => `set ${site} { type ipv4_addr; elements = { ${of.join(', ')} } }`,
    );
    nft(`table ${table} {
      ${sets.join('\n')}
      chain opened {
        type filter hook output priority mangle; policy accept;
        ip daddr 127.0.0.1 accept
        meta cgroup ${classes.west} ct mark set ${marks.west} accept
        meta cgroup ${classes.east} ct mark set ${marks.east} accept
        ct mark set ${marks.witness}
      }
      chain broken { type filter hook output priority filter; policy accept; }
    }`);
    return partition;
  }

  /** A process and all that it has started and will start belong to the region from now on. */
  place(region: 'west' | 'east', pid: number): void {
    writeFileSync(join(this.#groups, region, 'cgroup.procs'), `${pid}`);
    for (const child of childrenOf(pid)) this.place(region, child);
  }

  cut(...pairs: readonly (readonly [Site, Site])[]): void {
    const oneWay = (client: Site, server: Site) =>
      ['daddr', 'saddr'].map(
        (end) => `add rule ${table} broken ct mark ${marks[client]} ip ${end} @${server} counter drop`,
      );
    nft(pairs.flatMap(([a, b]) => [...oneWay(a, b), ...oneWay(b, a)]).join('\n'));
  }

  /** How many packets were dropped since the cut. */
  dropped(): number {
    const rules = execFileSync('nft', ['list', 'chain', ...table.split(' '), 'broken'], { encoding: 'utf8' });
    return [...rules.matchAll(/packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
  }

  heal(): void {
    nft(`flush chain ${table} broken`);
  }

  /** What was placed must have ended. */
  close(): void {
    nft(`delete table ${table}`);
    for (const region of Object.keys(classes)) rmdirSync(join(this.#groups, region));
    execFileSync('umount', [this.#groups]);
    rmdirSync(this.#groups);
  }

  #mount(): void {
    execFileSync('mount', ['-t', 'cgroup', '-o', 'net_cls', 'none', this.#groups]);
    for (const [region, id] of Object.entries(classes)) {
      // The kernel keeps groups beyond the mount: one that was killed may have left them.
      mkdirSync(join(this.#groups, region), { recursive: true });
      writeFileSync(join(this.#groups, region, 'net_cls.classid'), `${id}`);
    }
  }
}

function assertOwnNamespace(): void {
  // A new one has nothing but a loopback; a machine has a way out.
  const isOwn = Object.keys(networkInterfaces()).every((name) => name === 'lo');
  if (process.getuid?.() !== 0 || !isOwn)
    throw new Error('A partition needs root and a network namespace of its own: npm run e2e:partition.');
  if (!['/usr/sbin/nft', '/sbin/nft', '/usr/bin/nft'].some(existsSync))
    throw new Error('A partition needs nft: apt-get install nftables.');
}

function nft(rules: string): void {
  execFileSync('nft', ['-f', '-'], { input: rules, stdio: ['pipe', 'inherit', 'inherit'] });
}
