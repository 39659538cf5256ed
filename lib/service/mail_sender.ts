/** A mail by SMTP. A server that is silent or slow is an error in bounded time. */
import { setTimeout as wait } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import type { MailConfig } from '../config/index.js';
import type { Digest } from './mail_digest.js';

export type SendMail = (mail: Digest, config: MailConfig) => Promise<void>;

export interface SenderLimits {
  /** Milliseconds for each of the server's answers. */
  answer: number;
  /** Milliseconds for a mail as a whole. */
  whole: number;
}

const usualLimits: SenderLimits = { answer: 20_000, whole: 60_000 };
const smtps = 465;

/**
 * Encrypts where the server offers it, without looking at its certificate, as mail servers do among themselves: relays
 * of facilities mostly have one that nobody outside can check.
 */
export function mailSender(limits: SenderLimits = usualLimits): SendMail {
  return async ({ subject, text }, { host, port, fromAddr, toAddrs }) => {
    const transport = createTransport({
      ...{ host, port, secure: port === smtps, tls: { rejectUnauthorized: false } },
      ...{ dnsTimeout: limits.answer, connectionTimeout: limits.answer },
      ...{ greetingTimeout: limits.answer, socketTimeout: limits.answer },
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
    const ended = new AbortController();
    const late = wait(limits.whole, undefined, { signal: ended.signal }).then(() => {
      throw new Error(`the mail server took longer than ${limits.whole / 1000} s`);
    });
    try {
      const sent = transport.sendMail({ from: fromAddr, to: toAddrs, subject, text });
      await Promise.race([sent, late]);
    } finally {
      ended.abort();
      late.catch(() => undefined);
      transport.close();
    }
  };
}
