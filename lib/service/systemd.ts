/** What a service tells systemd: sd_notify(3), whose socket is a datagram one, which Node.js lacks. */
import type { Logger } from '../config/index.js';
import { sendDatagram } from '../posix/index.js';

export class Systemd {
  readonly #logger: Logger;
  readonly #socket: string | undefined;
  readonly #watchdog: NodeJS.Timeout | undefined;

  /** Without `NOTIFY_SOCKET` nothing is sent. */
  constructor(logger: Logger, env: NodeJS.ProcessEnv = process.env) {
    this.#logger = logger;
    this.#socket = env['NOTIFY_SOCKET'] === '' ? undefined : env['NOTIFY_SOCKET'];
    const period = watchdogMilliseconds(env);
    // Twice in each period: timers of an event loop that has work to do come late.
    if (period !== undefined)
      this.#watchdog = setInterval(() => this.#tell('WATCHDOG=1'), period / 2).unref();
  }

  ready(): void {
    this.#tell('READY=1');
  }

  /** `ready` comes after it, whether the new configuration was taken or not. */
  reloading(): void {
    this.#tell(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  /** Shown by `systemctl status`. */
  status(text: string): void {
    this.#tell(`STATUS=${text}`);
  }

  stopping(): void {
    this.#tell('STOPPING=1');
  }

  close(): void {
    clearInterval(this.#watchdog);
  }

  #tell(message: string): void {
    if (this.#socket === undefined) return;
    try {
      sendDatagram(this.#socket, message);
    } catch (error) {
      this.#logger.warn(`systemd can't be told: ${(error as Error).message}`);
    }
  }
}

/** Undefined if systemd watches no process, or another one. */
function watchdogMilliseconds(env: NodeJS.ProcessEnv): number | undefined {
  const microseconds = Number(env['WATCHDOG_USEC']);
  const meant = env['WATCHDOG_PID'] === undefined || Number(env['WATCHDOG_PID']) === process.pid;
  return meant && microseconds > 0 ? microseconds / 1000 : undefined;
}
