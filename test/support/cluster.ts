/** A cluster of XRootD: a redirector and data servers, each with its cmsd. A data server can go and come back. */
import { FileSystem } from '../../lib/xrdcl/index.js';
import { launch, type Launched } from './daemon.js';
import { PlainServer, type PlainServerOptions } from './plain_server.js';
import { closedPort } from './ports.js';
import { until } from './tape.js';

export interface ClusterOptions {
  /** How many data servers. Default 2. */
  servers?: number;
  /** More lines for the data servers. Default: checksums. */
  config?: readonly string[];
  /** More lines for the redirector. Default: checksum queries go on to the data servers. */
  redirectorConfig?: readonly string[];
}

const checksums = 'xrootd.chksum max 4 adler32 crc32c';

const running = new Set<Member>();
process.once('exit', () => {
  for (const member of running) member.kill();
});

/** An xrootd and its cmsd, which have one configuration. */
class Member {
  readonly server: PlainServer;
  #cmsd: Launched;

  private constructor(server: PlainServer, cmsd: Launched) {
    this.server = server;
    this.#cmsd = cmsd;
  }

  /** @param port of the cmsd; default: one that is free */
  static async start(options: PlainServerOptions, port?: number): Promise<Member> {
    const server = await PlainServer.start(options);
    const member = new Member(
      server,
      await launch(server.directory, { program: 'cmsd', ...(port && { port }) }),
    );
    running.add(member);
    return member;
  }

  kill(): void {
    this.server.kill();
    this.#cmsd.child.kill('SIGKILL');
  }

  async down(): Promise<void> {
    this.#cmsd.child.kill('SIGKILL');
    await Promise.all([this.#cmsd.exited, this.server.crash()]);
  }

  async up(): Promise<void> {
    await this.server.restart();
    this.#cmsd = await launch(this.server.directory, { program: 'cmsd' });
  }

  async stop(): Promise<void> {
    await this.down();
    await this.server.stop();
    running.delete(this);
  }
}

export class Cluster {
  readonly #redirector: Member;
  readonly #members: Member[];

  private constructor(redirector: Member, members: Member[]) {
    this.#redirector = redirector;
    this.#members = members;
  }

  static async start({
    servers = 2,
    config = [checksums],
    redirectorConfig = [checksums],
  }: ClusterOptions = {}): Promise<Cluster> {
    // The configuration of both, xrootd and cmsd, names it before either listens.
    const port = await closedPort();
    const common = [
      `all.manager 127.0.0.1:${port}`,
      // Seconds; what is production's waits minutes for servers that come and go.
      'cms.delay startup 1 servers 1 lookup 1 qdl 1 drop 1',
      'cms.space linger 0 recalc 1 min 1m 2m',
      // Files go to the data servers in turn.
      'cms.sched cpu 0 io 0 mem 0 pag 0 runq 0 space 0',
    ];
    const member = (role: string, more: readonly string[]) => ({
      config: [`all.role ${role}`, ...common, ...more],
    });
    const redirector = await Member.start(member('manager', redirectorConfig), port);
    const members = await Promise.all(
      Array.from({ length: servers }, () => Member.start(member('server', config))),
    );
    const cluster = new Cluster(redirector, members);
    await cluster.untilKnown(servers);
    return cluster;
  }

  /** Of the redirector. */
  get url(): string {
    return this.#redirector.server.url;
  }

  get servers(): PlainServer[] {
    return this.#members.map(({ server }) => server);
  }

  /** Waits until the redirector knows so many data servers, and sends files to them. */
  async untilKnown(count: number): Promise<void> {
    const fileSystem = new FileSystem(this.url);
    await until(async () => {
      const known = await fileSystem.dataServers().catch(() => []);
      return known.length === count;
    });
  }

  /** A data server is gone, and the redirector has forgotten it. */
  async down(index: number): Promise<void> {
    await this.#members[index]?.down();
    await this.untilKnown(this.#members.length - 1);
  }

  /** A data server is back: the redirector sends files to it, and it answers this process. */
  async up(index: number): Promise<void> {
    await this.#members[index]?.up();
    await this.untilKnown(this.#members.length);
    // A connection that broke when the server went may fail once more.
    for (const url of await new FileSystem(this.url).dataServers()) {
      const server = new FileSystem(url);
      await until(() =>
        server
          .ping()
          .then(() => true)
          .catch(() => false),
      );
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#redirector, ...this.#members].map((member) => member.stop()));
  }
}
